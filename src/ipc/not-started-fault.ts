import { isCodedError, StreamCsvError } from "../errors.ts";

/** Shortages of the machine, or of what a user or a container may have of it. */
const shortages: ReadonlySet<string> = new Set(["EAGAIN", "EMFILE", "ENFILE", "ENOMEM"]);

/**
 * The fault of a process that can't be started. Clients see its message, so it doesn't have that of the cause, which names a path.
 * @param work what the process is for, in the past tense: `wrote the file of "orders"`
 */
export function notStartedFault(work: string, cause: Error): StreamCsvError {
  const code = isCodedError(cause) ? cause.code : cause.name;
  const message = `No further process could be started (${code}), so nobody ${work}.`;
  if (!shortages.has(code)) return new StreamCsvError("SCSV_WORKER_FAILED", message, { cause });
  const hint =
    "Try again after the seconds in Retry-After; raise the limit of processes (ulimit -u, or pids.max of a container), of open files or of memory.";
  return new StreamCsvError("SCSV_BUSY", message, { cause, hint, retryAfterSeconds: 5 });
}
