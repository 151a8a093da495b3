import type { PostgresDatabase, DatabaseSession } from "./database.ts";
import { quoteIdentifier, quoteLiteral } from "./statement.ts";

/**
 * Begins a read-only transaction in which texts come out alike, whatever is set for the role or the database. All settings end
 * with it, so that a pooled connection is given back as it was.
 * @param settings what else is set, such as what row security reads
 * @param label shown in `pg_stat_activity`
 */
export async function beginTransaction(
  database: PostgresDatabase,
  { client }: DatabaseSession,
  settings: ReadonlyMap<string, string> = new Map(),
  label?: string,
): Promise<void> {
  const { version } = await database.facts(client);
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
    // A second net: a backend that sorts notices by this that its client has gone.
    ...(version >= 140_000 ? [["client_connection_check_interval", "1s"] as const] : []),
  ];
  const sets = [...local, ...settings].map(
    ([name, value]) => `set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, true)`,
  );
  const role = database.role === undefined ? [] : [`SET LOCAL ROLE ${quoteIdentifier(database.role)}`];
  await client.query(["BEGIN READ ONLY", `SELECT ${sets.join(", ")}`, ...role].join("; "));
}
