import type * as DuckDB from "@duckdb/node-api";
import { StreamCsvError } from "../../errors.ts";
import type { DuckDBImporter } from "../file-options.ts";

/** The exports of the optional package. */
export type DuckDBModule = typeof DuckDB;

/**
 * Settings of every database. One thread: readings already run beside the event loop; more threads gave no speed and took
 * Node's own thread pool. Nothing is ever written, so there is no place for temporary files, and nothing is fetched from
 * the network.
 */
const configuration = {
  threads: "1",
  temp_directory: "",
  autoinstall_known_extensions: "false",
  enable_external_file_cache: "false",
} as const;

/** Makes an empty database in memory, which takes about 10 ms and 2.5 MB. */
export async function createDatabase(
  duckdb: DuckDBModule,
  memoryBytes: number,
): Promise<DuckDB.DuckDBInstance> {
  return await duckdb.DuckDBInstance.create(":memory:", {
    ...configuration,
    memory_limit: memoryText(memoryBytes),
  });
}

/** With a lower limit than this, a database can't even execute the statement that raises its limit. */
const leastLimitBytes = 1024 * 1024;

/** A number of bytes as DuckDB's memory limit takes it. */
export function memoryText(bytes: number): string {
  return `${Math.floor(Math.max(bytes, leastLimitBytes) / 1024)}KiB`;
}

/** A text as SQL has it between quotes. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as SQL has it between quotes. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Aliases for the columns of a relation by their place: a name can be empty, repeated, or hold a NUL. */
export function placeNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, place) => `c${place}`);
}

/** @throws StreamCsvError `SCSV_DUCKDB_MISSING` if the optional package is not installed */
export async function loadDuckDB(importer?: DuckDBImporter): Promise<DuckDBModule> {
  try {
    // In this form, and inside the try, bundlers take an import that they can't resolve for one of an optional package.
    return importer === undefined ? await import("@duckdb/node-api") : ((await importer()) as DuckDBModule);
  } catch (cause) {
    throw new StreamCsvError(
      "SCSV_DUCKDB_MISSING",
      "Reading Parquet and DuckDB files needs the optional package @duckdb/node-api, which can't be loaded: run npm install @duckdb/node-api.",
      { cause },
    );
  }
}
