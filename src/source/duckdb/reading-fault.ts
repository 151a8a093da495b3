import type { DuckDBInstance } from "@duckdb/node-api";
import { StreamCsvError } from "../../errors.ts";
import type { DatabaseLease } from "./file-databases.ts";
import { isOutOfMemory, unreadable } from "./reason.ts";

/**
 * The fault of a reading that needs more than all memory after its first row. Before that row, the memory that all readings
 * share is too little; later, the cause may be a damaged size.
 */
export function tooMuchMemory(name: string, rows: number): StreamCsvError {
  return new StreamCsvError(
    "SCSV_SOURCE_UNREADABLE",
    `Reading ${JSON.stringify(name)} failed after row ${rows}: what follows takes more memory than all files being read may take, or is damaged.`,
    { hint: "Write the file with smaller row groups." },
  );
}

export function otherTypes(name: string): StreamCsvError {
  return new StreamCsvError(
    "SCSV_SOURCE_CHANGED",
    `The columns of ${JSON.stringify(name)} have other types than when it was opened.`,
  );
}

/** Finds the fault of a result that ended without its end row. Only a second reading, which keeps nothing, gets DuckDB's reason. */
export async function stoppedShort(
  reading: { readonly name: string; readonly select: string; readonly signal: AbortSignal },
  { instance, guard, retire }: DatabaseLease,
  rows: number,
): Promise<unknown> {
  const { name, select, signal } = reading;
  await guard.checkBytes();
  let cause: unknown;
  try {
    // A fault of another file would explain nothing.
    await guard.checkPath();
    await readAll(instance, select, signal);
  } catch (error) {
    cause = error;
  }
  signal.throwIfAborted();
  // If the second reading succeeds, the memory that other readings used at that time was the cause.
  if (cause === undefined || isOutOfMemory(cause)) return cause ?? outOfMemory;
  retire();
  return cause instanceof StreamCsvError ? cause : unreadable(name, ` after row ${rows}`, cause);
}

const outOfMemory = new Error("Out of Memory Error: the result ended before its last row");

/** Reads every value. To count rows, DuckDB would read only the file's statistics. */
async function readAll(instance: DuckDBInstance, select: string, signal: AbortSignal): Promise<void> {
  const connection = await instance.connect();
  const interrupt = (): void => {
    connection.interrupt();
  };
  signal.addEventListener("abort", interrupt, { once: true });
  try {
    await connection.run(`SELECT bit_xor(hash(COLUMNS(*))) FROM (${select})`);
  } finally {
    signal.removeEventListener("abort", interrupt);
    connection.closeSync();
  }
}
