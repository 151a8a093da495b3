import type { Client } from "pg";
import { isCodedError, StreamCsvError } from "../../errors.ts";

/** What every connection of a server has in common. */
export interface ServerFacts {
  /** Whether a backend can notice while it works that its client has gone: from PostgreSQL 14 on, but not on Windows. */
  readonly checksConnection: boolean;
  /** Whether it can end transactions that last too long: from PostgreSQL 17 on. */
  readonly limitsTransactions: boolean;
}

/**
 * Asks a server for them.
 * @throws StreamCsvError `SCSV_QUERY_FAILED` where the bytes of a database are of an unknown encoding, which can't be written as UTF-8
 */
export async function readFacts(client: Client): Promise<ServerFacts> {
  const { rows } = await client.query<{ version: string; encoding: string }>(
    "SELECT pg_catalog.current_setting('server_version_num') AS version, pg_catalog.current_setting('server_encoding') AS encoding",
  );
  const { version = "0", encoding = "" } = rows[0] ?? {};
  if (encoding === "SQL_ASCII")
    throw new StreamCsvError(
      "SCSV_QUERY_FAILED",
      "The database has the encoding SQL_ASCII, which doesn't say what its bytes mean, so they can't be written as UTF-8.",
      { hint: "Make a copy of the database with the encoding UTF8." },
    );
  return {
    checksConnection: Number(version) >= 140_000 && (await canCheckConnection(client)),
    limitsTransactions: Number(version) >= 170_000,
  };
}

/** The setting is everywhere, and a server whose system has no way to do it takes no value but 0. */
async function canCheckConnection(client: Client): Promise<boolean> {
  try {
    // Outside of a transaction it ends with its statement.
    await client.query("SELECT pg_catalog.set_config('client_connection_check_interval', '1s', true)");
    return true;
  } catch (error) {
    if (isCodedError(error) && error.code === "22023") return false;
    throw error;
  }
}
