import { StreamCsvError } from "../../errors.ts";
import { formatSeconds } from "../../units.ts";
import type { PostgresDatabase, DatabaseSession } from "./database.ts";
import { inTime } from "./in-time.ts";
import { quoteIdentifier, quoteLiteral } from "./statement.ts";

/**
 * The level is named, because a role may have another default. From REPEATABLE READ on, the snapshot is taken before the query waits
 * for the locks of its tables, and a table that ALTER TABLE has rewritten meanwhile is empty in it (the manual's section 13.6). A
 * standby takes no SERIALIZABLE.
 */
const beginReadOnly = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY";

/**
 * Where the query of a transaction begins. To go back to it takes back what the query has set for its session, and only that. The
 * transaction is committed all the same, since a database's operators watch how many are rolled back.
 */
export const beforeQuery = "stream_csv_query";

/**
 * Begins a read-only transaction in which texts come out alike, whatever is set for the role or the database. All settings end
 * with it, so that a pooled connection is given back as it was. Functions are those of `pg_catalog`, whatever stands in front of it in a
 * `search_path`.
 *
 * A pgbouncer in front of the database has its own line for connections, in which the first statement waits. So this takes no longer
 * than what was left of the queue's time-out.
 * @param settings what else is set, such as what row security reads
 * @param label shown in `pg_stat_activity`
 * @throws StreamCsvError `SCSV_DATABASE_UNAVAILABLE` where it takes too long, or the database's error
 */
export async function beginTransaction(
  database: PostgresDatabase,
  session: DatabaseSession,
  settings: ReadonlyMap<string, string> = new Map(),
  label?: string,
): Promise<void> {
  const limitMs = session.mostBeginMs;
  await inTime(session, limitMs, beginWith(database, session, settings, label), () => notBegun(limitMs));
}

function notBegun(limitMs: number): StreamCsvError {
  return new StreamCsvError(
    "SCSV_DATABASE_UNAVAILABLE",
    `The database didn't begin a transaction within ${formatSeconds(limitMs / 1000)}.`,
    {
      retryAfterSeconds: 5,
      hint: "Where a pgbouncer is in front of it, raise its default_pool_size, or lower connections of the database in the configuration.",
    },
  );
}

async function beginWith(
  database: PostgresDatabase,
  { client }: DatabaseSession,
  settings: ReadonlyMap<string, string>,
  label: string | undefined,
): Promise<void> {
  const { checksConnection, limitsTransactions } = await database.facts(client);
  const local: readonly (readonly [string, string])[] = [
    ["application_name", [database.applicationName, ...(label === undefined ? [] : [label])].join(" ")],
    ["client_encoding", "UTF8"],
    ["standard_conforming_strings", "on"],
    ["TimeZone", "UTC"],
    ["DateStyle", "ISO, YMD"],
    ["IntervalStyle", "postgres"],
    ["extra_float_digits", "1"],
    ["bytea_output", "hex"],
    ["lock_timeout", "5s"],
    ["statement_timeout", String(database.statementTimeoutMs)],
    // The database is done when the last rows are on their way, while a slow client may take them for long.
    ["idle_in_transaction_session_timeout", "0"],
    ...(limitsTransactions ? [["transaction_timeout", "0"] as const] : []),
    // A second net: a backend that sorts notices by this that its client has gone.
    ...(checksConnection ? [["client_connection_check_interval", "1s"] as const] : []),
  ];
  const sets = local.map(
    ([name, value]) => `pg_catalog.set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, true)`,
  );
  const begin = [beginReadOnly, `SELECT ${sets.join(", ")}`];
  const last = [
    ...(database.role === undefined ? [] : [`SET LOCAL ROLE ${quoteIdentifier(database.role)}`]),
    `SAVEPOINT ${beforeQuery}`,
  ];
  if (settings.size === 0) {
    await client.query([...begin, ...last].join("; "));
    return;
  }
  await client.query(begin.join("; "));
  // A request may have given the values: they are bound, as those of a query are.
  const places = Array.from(
    settings,
    (_, index) => `pg_catalog.set_config($${index * 2 + 1}, $${index * 2 + 2}, true)`,
  );
  await client.query(`SELECT ${places.join(", ")}`, [...settings].flat());
  // The role may have fewer rights, so it is taken last.
  await client.query(last.join("; "));
}
