import { stat } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { fileVersion, logStats, settlingMs } from "../guarded-file.ts";

/**
 * Returns a text that changes whenever a transaction is committed to a SQLite database, or the file is replaced.
 *
 * In WAL mode, a commit is written to the file with the ending `-wal`, and the main file stays as it is until a checkpoint
 * copies the pages.
 * @throws StreamCsvError `SCSV_SOURCE_NOT_FOUND`
 */
export async function databaseVersion(path: string): Promise<string> {
  return await fileVersion(path, walOf(path));
}

/** Waits until any further commit would change the version, and returns the version. */
export async function settledDatabaseVersion(path: string): Promise<string> {
  const version = await databaseVersion(path);
  const times = [await stat(path, { bigint: true }).catch(() => undefined), await logStats(walOf(path))];
  const restMs = Math.max(...times.map((stats) => (stats === undefined ? 0 : settlingMs(stats))));
  if (restMs === 0) return version;
  await pause(restMs);
  return await databaseVersion(path);
}

function walOf(path: string): string {
  return `${path}-wal`;
}
