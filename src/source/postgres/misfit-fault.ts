import { isCodedError, type StreamCsvError } from "../../errors.ts";
import type { PostgresDatabase, DatabaseSession } from "./database.ts";
import { wrongValue } from "./database-fault.ts";
import { PlanStatement } from "./plan-statement.ts";
import type { QueryBinding } from "./statement.ts";
import { beginTransaction } from "./transaction.ts";

/** A statement that failed, and the values of its parameters. */
interface FailedStatement {
  readonly text: string;
  readonly parameters: readonly string[];
  readonly parameterTypes: readonly number[];
  readonly values: readonly (string | null)[];
  /** Settings of its transaction. */
  readonly settings: QueryBinding["settings"];
}

/**
 * The fault of the first value that the database can't take for its parameter's type; undefined where it takes all. Servers before version
 * 14 don't say which one it is. So the values are bound again: all of them, then none, then one more each time, with NULL in place of the
 * others; nothing is asked where there are no values. The statement isn't planned for that, because a plan is computed with them, and may fail by itself.
 * @param error the statement's
 * @throws what cuts the connection
 */
export async function misfitFault(
  database: PostgresDatabase,
  session: DatabaseSession,
  statement: FailedStatement,
  error: unknown,
): Promise<StreamCsvError | undefined> {
  const { text, parameters, parameterTypes: types, values, settings } = statement;
  if (!isCodedError(error) || values.every((value) => value === null)) return undefined;
  const fails = async (count: number): Promise<boolean> => {
    await session.client.query("ROLLBACK");
    await beginTransaction(database, session, settings);
    const some = values.map((value, index) => (index < count ? value : null));
    return await PlanStatement.bind(session.client, { text, types, values: some }).then(
      () => false,
      (fault: unknown) => isCodedError(fault) && fault.code === error.code,
    );
  };
  if (!(await fails(values.length)) || (await fails(0))) return undefined;
  let count = 1;
  while (count < values.length && !(await fails(count))) count += 1;
  return wrongValue(parameters[count - 1] ?? "", error);
}
