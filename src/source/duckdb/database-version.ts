import { fileVersion } from "../guarded-file.ts";

/**
 * The log of a DuckDB database. A writer that ended without a checkpoint, as when it was killed, has left its last commits there, which
 * readers read with the file.
 */
export function logOf(path: string): string {
  return `${path}.wal`;
}

/**
 * Returns a text that changes whenever a transaction is committed to a DuckDB database, or the file is replaced.
 * @throws StreamCsvError `SCSV_SOURCE_NOT_FOUND`
 */
export async function duckdbVersion(path: string): Promise<string> {
  return await fileVersion(path, logOf(path));
}
