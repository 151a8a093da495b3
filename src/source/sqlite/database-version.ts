import { stat } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { isCodedError } from "../../errors.ts";
import { fileVersion, settlingMs } from "../guarded-file.ts";

/**
 * Returns a text that changes whenever a transaction is committed to a SQLite database, or the file is replaced.
 *
 * In WAL mode, a commit is written to the file with the ending `-wal`, and the main file stays as it is until a checkpoint
 * copies the pages. An empty WAL is the same as none: reading a database can leave one behind.
 * @throws StreamCsvError `SCSV_SOURCE_NOT_FOUND`
 */
export async function databaseVersion(path: string): Promise<string> {
  const main = await fileVersion(path);
  const wal = await walStats(path);
  return wal === undefined || wal.size === 0n ? main : `${main}+${wal.mtimeNs}-${wal.size}-${wal.ino}`;
}

/** Waits until any further commit would change the version, and returns the version. */
export async function settledDatabaseVersion(path: string): Promise<string> {
  const version = await databaseVersion(path);
  const times = [await stat(path, { bigint: true }).catch(() => undefined), await walStats(path)];
  const restMs = Math.max(...times.map((stats) => (stats === undefined ? 0 : settlingMs(stats))));
  if (restMs === 0) return version;
  await pause(restMs);
  return await databaseVersion(path);
}

async function walStats(
  path: string,
): Promise<
  | { readonly mtimeNs: bigint; readonly mtimeMs: bigint; readonly size: bigint; readonly ino: bigint }
  | undefined
> {
  try {
    return await stat(`${path}-wal`, { bigint: true });
  } catch (error) {
    if (isCodedError(error) && error.code === "ENOENT") return undefined;
    throw error;
  }
}
