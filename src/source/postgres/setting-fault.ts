import { isCodedError, type StreamCsvError } from "../../errors.ts";
import type { PostgresDatabase, DatabaseSession } from "./database.ts";
import { wrongSetting } from "./database-fault.ts";
import type { QueryBinding } from "./statement.ts";
import { beginTransaction } from "./transaction.ts";

/**
 * The fault of the first setting whose value comes from a parameter and which the database doesn't take; undefined where it takes all. It
 * doesn't always say which one it is, so each is set again by itself.
 * @param error that of a transaction which couldn't begin
 * @throws what cuts the connection
 */
export async function settingFault(
  database: PostgresDatabase,
  session: DatabaseSession,
  { settings, settingParameters = new Map() }: QueryBinding,
  error: unknown,
): Promise<StreamCsvError | undefined> {
  if (!isCodedError(error) || settingParameters.size === 0) return undefined;
  const fails = async (some: ReadonlyMap<string, string>): Promise<boolean> => {
    await session.client.query("ROLLBACK");
    return await beginTransaction(database, session, some).then(
      () => false,
      (fault: unknown) => isCodedError(fault) && fault.code === error.code,
    );
  };
  // It may be the role that isn't there.
  if (await fails(new Map())) return undefined;
  for (const [setting, parameter] of settingParameters)
    if (await fails(new Map([[setting, settings?.get(setting) ?? ""]])))
      return wrongSetting(parameter, setting, error);
  return undefined;
}
