import { StreamCsvError } from "../../errors.ts";
import { noneReadable } from "../none-readable.ts";
import type { Source } from "../source.ts";
import { sqlName, sqlText, type DuckDBModule } from "./database.ts";
import { duckdbVersion } from "./database-version.ts";
import { describedColumns, describeDatabase, rowsOf, type Describing } from "./description.ts";
import { duckDBSource } from "./duckdb-source.ts";
import { catalogName } from "./file-database.ts";
import { isOutOfMemory, viewUnreadable } from "./reason.ts";
import { didYouMean } from "../../similar-name.ts";

/** How often a database is opened that is written to meanwhile. */
const mostAttempts = 5;

/**
 * One source per table and per view of a `.duckdb` file, named `file.table`, or `file.schema.table` where the schema isn't
 * `main`; with `wanted`, that one alone. The file is opened for reading only, and is closed while nobody reads it. A
 * view that can't be read, such as one of another file, is left out unless it is wanted. A file that is written to meanwhile
 * is opened again, so that what its writer does decides: it has closed the file, or it is named as the one that locks it.
 * @throws StreamCsvError `SCSV_SOURCE_UNREADABLE` when the file has no table, not the wanted one, or none that can be
 *   read, or two tables of one name; `SCSV_SOURCE_LOCKED`;
 *   `SCSV_SOURCE_CHANGED` for one that never rests
 */
export async function openTables(
  duckdb: DuckDBModule,
  path: string,
  file: string,
  wanted: string | undefined,
): Promise<readonly Source[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openState(duckdb, path, file, wanted);
    } catch (error) {
      const hasChanged = error instanceof StreamCsvError && error.code === "SCSV_SOURCE_CHANGED";
      if (!hasChanged || attempt === mostAttempts) throw error;
    }
  }
}

async function openState(
  duckdb: DuckDBModule,
  path: string,
  file: string,
  wanted: string | undefined,
): Promise<readonly Source[]> {
  // Not by opening it: to close any descriptor of a file gives up the lock DuckDB has on it (fcntl(2)).
  const version = await duckdbVersion(path);
  const state = { path, version, isAttached: true };
  return await describeDatabase(duckdb, state, file, async (describer) => {
    const all = await tablesOf(describer, catalogName(path));
    const chosen = wanted === undefined ? all : all.filter(({ name }) => name === wanted);
    if (chosen.length === 0) throw noTable(path, wanted, all);
    requireOwnNames(path, chosen);
    const sources: Source[] = [];
    for (const table of chosen) {
      const name = `${file}.${table.name}`;
      const described = await describeTable(describer, table).catch((error: unknown) => {
        if (!table.isView || isOutOfMemory(error)) throw error;
        if (wanted !== undefined) throw viewUnreadable(path, table.name, error);
      });
      if (described !== undefined)
        sources.push(duckDBSource(duckdb, { name, kind: "duckdb", state, from: table.from, ...described }));
    }
    if (sources.length === 0)
      throw noneReadable(
        path,
        all.map(({ name }) => name),
      );
    return sources;
  });
}

interface Table {
  /** As a person calls it. */
  readonly name: string;
  readonly from: string;
  readonly isView: boolean;
}

async function tablesOf(describer: Describing, catalog: string): Promise<readonly Table[]> {
  const own = `database_name = ${sqlText(catalog)} AND NOT internal`;
  const rows = await rowsOf(
    describer,
    `SELECT schema_name, table_name, false FROM duckdb_tables() WHERE ${own}
     UNION ALL SELECT schema_name, view_name, true FROM duckdb_views() WHERE ${own} ORDER BY ALL`,
  );
  return rows.map(([schema, table, isView]) => ({
    name: schema === "main" ? String(table) : `${String(schema)}.${String(table)}`,
    from: [catalog, String(schema), String(table)].map(sqlName).join("."),
    isView: isView === true,
  }));
}

/**
 * A name may have a dot: `main."s.t"` and `s.t` are two tables, and each would be taken for the other.
 * @throws StreamCsvError `SCSV_SOURCE_UNREADABLE`
 */
function requireOwnNames(path: string, tables: readonly Table[]): void {
  const before = new Map<string, Table>();
  for (const table of tables) {
    const { name, from } = table;
    const other = before.get(name);
    if (other !== undefined)
      throw new StreamCsvError(
        "SCSV_SOURCE_UNREADABLE",
        `${JSON.stringify(path)} has two tables or views that are called ${JSON.stringify(name)} here: ${other.from} and ${from}.`,
        { hint: "Give one of them another name in the database." },
      );
    before.set(name, table);
  }
}

/** The rows of a view aren't counted: that could take as long as reading them. */
async function describeTable(
  describer: Describing,
  { from, isView }: Table,
): Promise<Pick<Parameters<typeof duckDBSource>[1], "columns" | "rowCount">> {
  const result = await describer.connection.run(`SELECT * FROM ${from} LIMIT 0`);
  const columns = await describedColumns(describer.duckdb, result);
  if (isView) return { columns, rowCount: null };
  const [count] = await rowsOf(describer, `SELECT count(*) FROM ${from}`);
  return { columns, rowCount: Number(count?.[0]) };
}

function noTable(path: string, wanted: string | undefined, all: readonly Table[]): StreamCsvError {
  const known = all.map(({ name }) => name);
  const names = known.join(", ");
  return new StreamCsvError(
    "SCSV_SOURCE_UNREADABLE",
    `${JSON.stringify(path)} has no table or view${wanted === undefined ? "" : ` ${JSON.stringify(wanted)}`}${names === "" ? "" : `; it has ${names}`}.${didYouMean(wanted ?? "", known)}`,
    { hint: names === "" ? "Write a table to it first." : "Name one of them with --table." },
  );
}
