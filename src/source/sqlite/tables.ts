import { StreamCsvError } from "../../errors.ts";
import type { Source } from "../source.ts";
import { askReader } from "./ask-reader.ts";
import { columnDescription } from "./column-type.ts";
import { databaseVersion, settledDatabaseVersion } from "./database-version.ts";
import type { DescribedTable } from "./protocol.ts";
import { sqliteSource } from "./sqlite-source.ts";

const unhindered = new AbortController().signal;

/**
 * Opens one source per table and per view of a SQLite file, named `file.table`, or only the one that `wanted` names. The file is
 * closed while nobody reads it. A reading fails when a transaction was committed since the file was opened.
 * @throws StreamCsvError `SCSV_SQLITE_MISSING`, `SCSV_SOURCE_LOCKED`, `SCSV_SOURCE_CHANGED`, and `SCSV_SOURCE_UNREADABLE`, also
 *   when the file has no table, or not the wanted one
 */
export async function openSqliteTables(
  path: string,
  file: string,
  wanted: string | undefined,
): Promise<readonly Source[]> {
  const version = await settledDatabaseVersion(path);
  const { tables } = await askReader({ kind: "tables", path, wanted: wanted ?? null }, unhindered);
  await requireVersion(path, version);
  return tables.map((table) => tableSource(path, version, `${file}.${table.name}`, table));
}

function tableSource(path: string, version: string, name: string, table: DescribedTable): Source {
  return sqliteSource({
    name,
    path,
    sql: `SELECT * FROM "${table.name.replaceAll('"', '""')}"`,
    table: table.name,
    columns: table.columns.map(columnDescription),
    values: [],
    version,
    onBegun: () => requireVersion(path, version),
  });
}

async function requireVersion(path: string, version: string): Promise<void> {
  if ((await databaseVersion(path)) === version) return;
  throw new StreamCsvError(
    "SCSV_SOURCE_CHANGED",
    `The file ${JSON.stringify(path)} has changed since it was opened.`,
    {
      hint: "Try again. If a database is written to all the time, configure a query: its rows are those of the moment it begins.",
    },
  );
}
