import { constants, open, stat, type FileHandle } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { BigIntStats } from "node:fs";
import { isCodedError, StreamCsvError, toError } from "../errors.ts";

/**
 * A file that is open for one reading, which detects every change of its bytes.
 *
 * If a file is replaced by a rename, an open file keeps the old bytes. If it is written in place, its size or its modification
 * time changes.
 */
export interface GuardedFile {
  readonly path: string;
  readonly handle: FileHandle;
  /** Equal for two openings exactly if they read the same bytes. */
  readonly version: string;
  readonly sizeBytes: number;
  /** @throws StreamCsvError `SCSV_SOURCE_CHANGED` if the file was written to after it was opened */
  checkBytes(): Promise<void>;
  /** @throws StreamCsvError `SCSV_SOURCE_CHANGED` if the path now leads to another file, or the file was written to */
  checkPath(): Promise<void>;
  /** A second call does nothing. */
  close(): Promise<void>;
}

/**
 * The kernel's clock for modification times moves in steps of up to 10 ms, so two writes in one step have the same time. A
 * version of a file that was written within that time can't be distinguished from a later one.
 */
const clockStepMs = 20;

/**
 * Opens a file for reading and, if `expected` is given, checks that it is the version that was described.
 * @param log the path of a log that belongs to the file, as {@link fileVersion} has it
 * @throws StreamCsvError `SCSV_SOURCE_NOT_FOUND`, `SCSV_SOURCE_CHANGED` if its version is not `expected`, `SCSV_BUSY`
 * if the process has no file descriptor left
 */
export async function guardFile(path: string, expected?: string, log?: string): Promise<GuardedFile> {
  // With a named pipe or a device, open() could block and reading might never end.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw cantBeRead(path, cause);
  });
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    await handle.close();
  };
  try {
    const stats = await settledStats(handle);
    if (!stats.isFile()) throw notAFile(path, stats);
    const version = versionOf(stats) + (await logVersion(log));
    if (expected !== undefined && version !== expected) throw changed(path);
    return {
      path,
      handle,
      version,
      sizeBytes: Number(stats.size),
      async checkBytes() {
        const now = versionOf(await handle.stat({ bigint: true })) + (await logVersion(log));
        if (now !== version) throw changed(path);
      },
      async checkPath() {
        if ((await fileVersion(path, log)) !== version) throw changed(path);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Returns a text that changes whenever the file is written to or replaced.
 * @param log the path of a log beside the file. It has changes that the file lacks, and needn't be there
 * @throws StreamCsvError `SCSV_SOURCE_NOT_FOUND`
 */
export async function fileVersion(path: string, log?: string): Promise<string> {
  const stats = await stat(path, { bigint: true }).catch((cause: unknown) => {
    throw cantBeRead(path, cause);
  });
  if (!stats.isFile()) throw notAFile(path, stats);
  return versionOf(stats) + (await logVersion(log));
}

/** An empty log is the same as none: reading a database can leave one behind. */
async function logVersion(log: string | undefined): Promise<string> {
  const stats = log === undefined ? undefined : await logStats(log);
  return stats === undefined || stats.size === 0n ? "" : `+${versionOf(stats)}`;
}

/** The stats of a log; undefined where there is none. */
export async function logStats(log: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(log, { bigint: true });
  } catch (error) {
    if (isCodedError(error) && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Returns the state of a file once any further write would change its modification time. */
async function settledStats(handle: FileHandle): Promise<BigIntStats> {
  const stats = await handle.stat({ bigint: true });
  const restMs = settlingMs(stats);
  if (restMs === 0) return stats;
  await pause(restMs);
  return await handle.stat({ bigint: true });
}

/** The milliseconds until any further write to a file would change its modification time. */
export function settlingMs({ mtimeMs }: Pick<BigIntStats, "mtimeMs">): number {
  const ageMs = Date.now() - Number(mtimeMs);
  return ageMs < 0 || ageMs >= clockStepMs ? 0 : clockStepMs - ageMs;
}

function versionOf({ mtimeNs, size, ino, dev }: BigIntStats): string {
  return `${mtimeNs}-${size}-${ino}-${dev}`;
}

function changed(path: string): StreamCsvError {
  return new StreamCsvError(
    "SCSV_SOURCE_CHANGED",
    `The file ${JSON.stringify(path)} has changed since it was opened.`,
  );
}

/** The fault of a path that leads to something else. Spark and others write a folder of parts under the name of a file. */
export function notAFile(path: string, stats: Pick<BigIntStats, "isDirectory">): StreamCsvError {
  const what = JSON.stringify(path);
  return stats.isDirectory()
    ? new StreamCsvError("SCSV_SOURCE_NOT_FOUND", `${what} is a folder, not a file.`, {
        hint: "Name a file in it, or several as exports of their own. Write parts that belong together as one file first.",
      })
    : new StreamCsvError("SCSV_SOURCE_NOT_FOUND", `${what} is not a file.`);
}

function cantBeRead(path: string, cause: unknown): StreamCsvError {
  const isOutOfDescriptors = isCodedError(cause) && (cause.code === "EMFILE" || cause.code === "ENFILE");
  return isOutOfDescriptors
    ? new StreamCsvError("SCSV_BUSY", "The process has no file descriptor left to open a source file with.", {
        cause,
        retryAfterSeconds: 5,
        hint: "Try again later, or raise the limit of open files (ulimit -n).",
      })
    : new StreamCsvError(
        "SCSV_SOURCE_NOT_FOUND",
        `The file ${JSON.stringify(path)} can't be read: ${toError(cause).message}.`,
        { cause },
      );
}
