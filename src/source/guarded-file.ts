import { constants, open, stat, type FileHandle } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { BigIntStats } from "node:fs";
import { isCodedError, StreamCsvError, toError } from "../errors.ts";

/**
 * A file held open for one reading, so that a change of its bytes can't pass unnoticed.
 *
 * A file that is replaced by a rename stays whole for those who have it open; one that is written to in place does not,
 * and shows by its size or its time of modification.
 */
export interface GuardedFile {
  readonly path: string;
  readonly handle: FileHandle;
  /** Equal for two openings exactly when they read the same bytes. */
  readonly version: string;
  readonly sizeBytes: number;
  /** @throws StreamCsvError `SCSV_SOURCE_CHANGED` when the file was written to since it was opened */
  checkBytes(): Promise<void>;
  /** @throws StreamCsvError `SCSV_SOURCE_CHANGED` when the path leads to another file by now, or the file was written to */
  checkPath(): Promise<void>;
  /** A second call does nothing. */
  close(): Promise<void>;
}

/**
 * The kernel's clock for times of modification moves in steps of up to 10 ms: two writes within one step leave the same
 * time. A file that was written to within that time is not yet told apart from what it may become.
 */
const clockStepMs = 20;

/**
 * Opens a file for reading and holds it to the version it was described in, if there is one.
 * @throws StreamCsvError `SCSV_SOURCE_NOT_FOUND`, `SCSV_SOURCE_CHANGED` when its version isn't `expected`, `SCSV_BUSY`
 * when the process has no descriptor left
 */
export async function guardFile(path: string, expected?: string): Promise<GuardedFile> {
  // A named pipe or a device would let open() wait, or read without an end.
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
    if (!stats.isFile()) throw notAFile(path);
    const version = versionOf(stats);
    if (expected !== undefined && version !== expected) throw changed(path);
    return {
      path,
      handle,
      version,
      sizeBytes: Number(stats.size),
      async checkBytes() {
        if (versionOf(await handle.stat({ bigint: true })) !== version) throw changed(path);
      },
      async checkPath() {
        if ((await fileVersion(path)) !== version) throw changed(path);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * What changes whenever a file is written to or replaced.
 * @throws StreamCsvError `SCSV_SOURCE_NOT_FOUND`
 */
export async function fileVersion(path: string): Promise<string> {
  const stats = await stat(path, { bigint: true }).catch((cause: unknown) => {
    throw cantBeRead(path, cause);
  });
  if (!stats.isFile()) throw notAFile(path);
  return versionOf(stats);
}

/** The state of a file that can't change any more without its time of modification changing too. */
async function settledStats(handle: FileHandle): Promise<BigIntStats> {
  const stats = await handle.stat({ bigint: true });
  const ageMs = Date.now() - Number(stats.mtimeMs);
  if (ageMs < 0 || ageMs >= clockStepMs) return stats;
  await pause(clockStepMs - ageMs);
  return await handle.stat({ bigint: true });
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

function notAFile(path: string): StreamCsvError {
  return new StreamCsvError("SCSV_SOURCE_NOT_FOUND", `${JSON.stringify(path)} is not a file.`);
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
