import { isCodedError, StreamCsvError } from "../errors.ts";

const diskFull: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);
const outOfDescriptors: ReadonlySet<string> = new Set(["EMFILE", "ENFILE"]);
/** Shortages of the process or the system, which say nothing about a file. */
const notOfTheFile: ReadonlySet<string> = new Set([...outOfDescriptors, "ENOMEM", "EAGAIN"]);

/**
 * Runs an action that needs disk space. If the disk, its inodes or the user's quota are exhausted, it is repeated as
 * long as `freeDisk` can remove another file.
 * @throws StreamCsvError made by `spoolFault`
 */
export async function whereDiskAllows<T>(
  freeDisk: () => Promise<boolean>,
  act: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      const isDiskFull = isCodedError(error) && diskFull.has(error.code);
      if (!isDiskFull || !(await freeDisk())) throw spoolFault(error);
    }
  }
}

/** Whether an error of the file system says that a file itself can't be read, as one on a bad disk. */
export function isUnreadable(error: unknown): boolean {
  return isCodedError(error) && /^E[A-Z0-9]+$/.test(error.code) && !notOfTheFile.has(error.code);
}

/**
 * Converts an error of the file system to one for the client that waits for a prepared file. The message names no
 * path, because clients see it; the logged cause does.
 */
export function spoolFault(cause: unknown): StreamCsvError {
  if (cause instanceof StreamCsvError) return cause;
  const code = isCodedError(cause) ? cause.code : "an unknown error";
  if (diskFull.has(code)) {
    const message = `The disk for prepared files is full (${code}).`;
    return new StreamCsvError("SCSV_SPOOL_FULL", message, { cause });
  }
  if (code === "EFBIG") {
    const message = "A prepared file would be larger than the system lets a file be there (EFBIG).";
    const hint =
      "Use delivery=streaming, raise the limit of the size of files (ulimit -f), or name a folder on another file system with --spool-dir.";
    return new StreamCsvError("SCSV_SPOOL_SIZE", message, { cause, hint });
  }
  if (outOfDescriptors.has(code)) {
    const message = `The process has no file descriptor left for a prepared file (${code}).`;
    const hint = "Try again later, or raise the limit of open files (ulimit -n).";
    return new StreamCsvError("SCSV_BUSY", message, { cause, hint, retryAfterSeconds: 5 });
  }
  return new StreamCsvError("SCSV_SPOOL_UNUSABLE", `Prepared files can't be read or written now (${code}).`, {
    cause,
    hint: "Use delivery=streaming, or try again when the log says that the folder is back.",
    retryAfterSeconds: 30,
  });
}
