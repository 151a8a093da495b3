import { stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import { checkOptionNames, requireFunction, requireText } from "../check-arguments.ts";
import { StreamCsvError, toError } from "../errors.ts";
import { checkFileOptions, meaninglessOption } from "./check-file-options.ts";
import { fileKindOf, hasTables, isJsonEnding, isSqliteEnding } from "./file-endings.ts";
import type { DuckDBImporter, FileOptions } from "./file-options.ts";
import { fileVersion, notAFile } from "./guarded-file.ts";
import type { Source } from "./source.ts";
import { duckdbVersion } from "./duckdb/database-version.ts";
import { databaseVersion } from "./sqlite/database-version.ts";

/** How a file is opened. */
export interface OpenOptions extends FileOptions {
  /** The table of a DuckDB or SQLite file; needed where it has several. */
  readonly table?: string;
  /** How DuckDB is loaded. @default () => import("@duckdb/node-api") */
  readonly importer?: DuckDBImporter;
}

const openOptionNames: readonly (keyof OpenOptions)[] = [
  "delimiter",
  "quote",
  "header",
  "encoding",
  "nullValue",
  "skipRows",
  "table",
  "importer",
];

/**
 * Opens every source of a file: one for a Parquet, CSV, TSV or JSON file, named after it without folder and endings; one
 * per table for a DuckDB or SQLite file, named `file.table`. The caller closes each of them.
 * @throws StreamCsvError `SCSV_SOURCE_NOT_FOUND`, `SCSV_SOURCE_UNSUPPORTED`, `SCSV_SOURCE_UNREADABLE`,
 *   `SCSV_DUCKDB_MISSING`, `SCSV_SQLITE_MISSING`, `SCSV_SOURCE_LOCKED`
 * @throws TypeError `SCSV_ARG_TYPE` and RangeError `SCSV_ARG_RANGE` for options that can't be, or that the file's kind has
 *   no use for
 */
export async function openSources(path: string, options: OpenOptions = {}): Promise<readonly Source[]> {
  requireText("path", path);
  checkOptionNames("openSource()", options, openOptionNames);
  if (options.table !== undefined) requireText("table", options.table);
  if (options.importer !== undefined) requireFunction("importer", options.importer);
  const kind = fileKindOf(path);
  if (kind === undefined) throw unsupported(path);
  const { ending, compression, name } = kind;
  checkFileOptions(options, ending);
  if (options.table !== undefined && !hasTables(ending))
    throw meaninglessOption("table", "DuckDB and SQLite", ending);
  await checkFile(path);
  // Each reader is loaded with the first file that needs it. A process without such a file starts sooner.
  if (ending === ".csv" || ending === ".tsv") {
    const { csvSettings } = await import("./csv-file/csv-settings.ts");
    const { openCsvFile } = await import("./csv-file/open-csv-file.ts");
    return [await openCsvFile(name, csvSettings(path, ending, compression, options))];
  }
  if (isJsonEnding(ending)) {
    const { openJsonSource } = await import("./json/open-json-source.ts");
    return [await openJsonSource({ name, path, compression, encoding: options.encoding })];
  }
  if (isSqliteEnding(ending)) {
    const { openSqliteTables } = await import("./sqlite/tables.ts");
    return await openSqliteTables(path, name, options.table);
  }
  const { openFile } = await import("./duckdb/open-file.ts");
  try {
    return await openFile(path, ending, name, options.table, options.importer);
  } catch (error) {
    if (error instanceof StreamCsvError) throw error;
    const { cantBeOpened } = await import("./duckdb/reason.ts");
    throw cantBeOpened(path, error);
  }
}

/**
 * Opens the one source of a file, or the one that `table` names.
 * @param path - a file whose name ends as its kind does: `.csv`, `.tsv`, `.json`, `.ndjson`, `.jsonl`, `.parquet`, `.duckdb`, `.sqlite`, `.sqlite3`, `.db`; text also with `.gz` or `.zst` behind it
 * @param options - how the file is read
 * @throws StreamCsvError `SCSV_SOURCE_NOT_FOUND`, `SCSV_SOURCE_UNSUPPORTED`, `SCSV_DUCKDB_MISSING`, `SCSV_SQLITE_MISSING`, `SCSV_SOURCE_LOCKED`, and
 *   `SCSV_SOURCE_UNREADABLE`, also
 *   when the file has several tables, or none
 * @throws TypeError `SCSV_ARG_TYPE` and RangeError `SCSV_ARG_RANGE` for options that can't be, or that the file's kind has no use for
 * @example
 * ```js
 * import { writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { csvChunks, openSource } from "stream-csv";
 *
 * const file = join(tmpdir(), "people.csv");
 * await writeFile(file, "id;name\n1;Ann\n");
 * const source = await openSource(file, { delimiter: ";" });
 * console.log(source.kind, source.columns.map(({ name }) => name).join(" "));
 * for await (const chunk of csvChunks(source, { columns: ["name"] })) console.log(Buffer.from(chunk).toString().trim());
 * await source.close();
 * ```
 *
 * ```text
 * csv id name
 * name
 * Ann
 * ```
 */
export async function openSource(path: string, options: OpenOptions = {}): Promise<Source> {
  const sources = await openSources(path, options);
  const [only] = sources;
  if (only !== undefined && sources.length === 1) return only;
  await Promise.all(sources.map((source) => source.close()));
  const names = sources.map((source) => source.name.slice(fileStem(path).length + 1));
  throw new StreamCsvError(
    "SCSV_SOURCE_UNREADABLE",
    `${JSON.stringify(path)} has several tables: ${names.join(", ")}.`,
    { hint: "Name one of them with --table." },
  );
}

/**
 * Returns a text that changes whenever the rows of a file may have changed.
 * @throws StreamCsvError `SCSV_SOURCE_NOT_FOUND`
 */
export async function sourceVersion(path: string): Promise<string> {
  const ending = fileKindOf(path)?.ending;
  if (ending === ".duckdb") return await duckdbVersion(path);
  return ending !== undefined && isSqliteEnding(ending)
    ? await databaseVersion(path)
    : await fileVersion(path);
}

/** A file's name without folder and endings, after which its sources are named. */
export function fileStem(path: string): string {
  return fileKindOf(path)?.name ?? basename(path, extname(path));
}

async function checkFile(path: string): Promise<void> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw new StreamCsvError(
      "SCSV_SOURCE_NOT_FOUND",
      `The file ${JSON.stringify(path)} can't be read: ${toError(cause).message}.`,
      { cause },
    );
  });
  if (!stats.isFile()) throw notAFile(path, stats);
}

function unsupported(path: string): StreamCsvError {
  return new StreamCsvError(
    "SCSV_SOURCE_UNSUPPORTED",
    `${JSON.stringify(path)} is not a file type that can be read.`,
  );
}
