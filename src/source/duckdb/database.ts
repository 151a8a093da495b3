import type * as DuckDB from "@duckdb/node-api";
import { StreamCsvError } from "../../errors.ts";

/** What the optional package exports. */
export type DuckDBModule = typeof DuckDB;

/** How the optional package is loaded; given from outside so that its absence can be tested. */
export type DuckDBImporter = () => Promise<DuckDBModule>;

/** The package, and the database made with it. */
export interface HeldDuckDB {
  readonly duckdb: DuckDBModule;
  readonly instance: DuckDB.DuckDBInstance;
}

/**
 * One in-memory database for all files a process reads, so that its memory limit holds for all of them together.
 * One thread: readings already run beside the event loop, more threads gave no speed and took Node's own thread pool;
 * nothing is ever written, so there is no place for temporary files, and nothing is fetched from the network.
 */
const configuration = {
  threads: "1",
  memory_limit: "512MB",
  temp_directory: "",
  autoinstall_known_extensions: "false",
  enable_external_file_cache: "false",
} as const;

let shared: Promise<DuckDB.DuckDBInstance> | undefined;
let holders = 0;

/**
 * The process's DuckDB, made when it is first held; each holder lets go of it once.
 * @throws StreamCsvError `SCSV_DUCKDB_MISSING` when the optional package isn't installed
 */
export async function holdDuckDB(importer: DuckDBImporter = importDuckDB): Promise<HeldDuckDB> {
  const duckdb = await loaded(importer);
  holders += 1;
  try {
    shared ??= duckdb.DuckDBInstance.create(":memory:", configuration);
    return { duckdb, instance: await shared };
  } catch (error) {
    shared = undefined;
    holders -= 1;
    throw error;
  }
}

/** Lets go of the database; the last holder closes it. */
export async function releaseDuckDB(): Promise<void> {
  holders -= 1;
  if (holders > 0 || shared === undefined) return;
  const closing = shared;
  shared = undefined;
  (await closing).closeSync();
}

/** Runs one statement on a connection of its own and gives its rows, values as JSON has them. */
export async function queryRows(
  instance: DuckDB.DuckDBInstance,
  sql: string,
): Promise<readonly (readonly unknown[])[]> {
  const connection = await instance.connect();
  try {
    const result = await connection.run(sql);
    return await result.getRowsJson();
  } finally {
    connection.closeSync();
  }
}

/** A text as SQL has it between quotes. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as SQL has it between quotes. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

async function importDuckDB(): Promise<DuckDBModule> {
  return await import("@duckdb/node-api");
}

async function loaded(importer: DuckDBImporter): Promise<DuckDBModule> {
  try {
    return await importer();
  } catch (cause) {
    throw new StreamCsvError(
      "SCSV_DUCKDB_MISSING",
      "Reading files needs the optional package @duckdb/node-api, which can't be loaded: run npm install @duckdb/node-api.",
      { cause },
    );
  }
}
