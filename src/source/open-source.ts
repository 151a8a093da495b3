import { stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import { requireText, StreamCsvError, toError } from "../errors.ts";
import type { DuckDBImporter } from "./duckdb/database.ts";
import { reasonOf } from "./duckdb/reason.ts";
import { fileEndings } from "./file-endings.ts";
import type { Source } from "./source.ts";

/** How a file is opened. */
export interface OpenOptions {
  /** The table of a `.duckdb` file; needed where it has several. */
  readonly table?: string;
  /** How DuckDB is loaded. @default () => import("@duckdb/node-api") */
  readonly importer?: DuckDBImporter;
}

/**
 * Opens every source of a file: one for a Parquet, CSV, TSV or JSON file, named after it without folder and ending;
 * one per table for a `.duckdb` file, named `file.table`. Whoever opens them closes them, each one.
 * @throws StreamCsvError `SCSV_SOURCE_NOT_FOUND`, `SCSV_SOURCE_UNSUPPORTED`, `SCSV_SOURCE_UNREADABLE` with DuckDB's
 *   error as its cause, `SCSV_DUCKDB_MISSING`
 */
export async function openSources(path: string, options: OpenOptions = {}): Promise<readonly Source[]> {
  requireText("path", path);
  const ending = fileEndings.find((one) => one === extname(path).toLowerCase());
  if (ending === undefined) throw unsupported(path);
  await checkFile(path);
  // Loaded with the first file: a process that has none starts sooner without.
  const { openFile } = await import("./duckdb/open-file.ts");
  try {
    return await openFile(path, ending, options.table, options.importer);
  } catch (error) {
    throw error instanceof StreamCsvError ? error : unreadable(path, toError(error));
  }
}

/**
 * Opens the one source of a file, or the one that `table` names.
 * @throws StreamCsvError as {@link openSources}; `SCSV_SOURCE_UNREADABLE` when the file has several tables, or none
 */
export async function openSource(path: string, options: OpenOptions = {}): Promise<Source> {
  const sources = await openSources(path, options);
  const [only] = sources;
  if (only !== undefined && sources.length === 1) return only;
  await Promise.all(sources.map((source) => source.close()));
  const names = sources.map((source) => source.name.slice(basename(path, extname(path)).length + 1));
  const { table } = options;
  throw new StreamCsvError(
    "SCSV_SOURCE_UNREADABLE",
    only === undefined
      ? `${JSON.stringify(path)} has no table${table === undefined ? "" : ` ${JSON.stringify(table)}`}.`
      : `${JSON.stringify(path)} has several tables: choose one of ${names.join(", ")}.`,
  );
}

async function checkFile(path: string): Promise<void> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw new StreamCsvError(
      "SCSV_SOURCE_NOT_FOUND",
      `The file ${JSON.stringify(path)} can't be read: ${toError(cause).message}.`,
      { cause },
    );
  });
  if (!stats.isFile())
    throw new StreamCsvError("SCSV_SOURCE_NOT_FOUND", `${JSON.stringify(path)} is no file.`);
}

function unsupported(path: string): StreamCsvError {
  return new StreamCsvError(
    "SCSV_SOURCE_UNSUPPORTED",
    `The file ${JSON.stringify(path)} is of no known kind: its name must end in one of ${fileEndings.join(", ")}.`,
  );
}

function unreadable(path: string, cause: Error): StreamCsvError {
  return new StreamCsvError(
    "SCSV_SOURCE_UNREADABLE",
    `The file ${JSON.stringify(path)} can't be read as its ending says: ${reasonOf(cause)}.`,
    { cause },
  );
}
