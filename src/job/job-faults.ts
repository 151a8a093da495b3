import { faultCatalog, StreamCsvError, type FaultCode } from "../errors.ts";
import type { JobFault, JobRecord } from "./job.ts";

/** The fault of an id that nobody has, or another's job has. */
export function unknownJob(id: string): StreamCsvError {
  return new StreamCsvError("SCSV_UNKNOWN_JOB", `There is no job "${id}", or it ended long ago.`);
}

/** The fault of cancelling a job that has ended. */
export function jobEnded({ id, state }: Pick<JobRecord, "id" | "state">): StreamCsvError {
  return new StreamCsvError("SCSV_JOB_ENDED", `The job "${id}" has already ended: ${state}.`);
}

/** The fault of a queue that takes no more. */
export function jobQueueFull(queue: number, retryAfterSeconds: number): StreamCsvError {
  return new StreamCsvError("SCSV_JOB_QUEUE_FULL", `${queue} jobs wait already, which is the limit.`, {
    retryAfterSeconds,
  });
}

/** The fault of a token with too many unfinished jobs. */
export function tooManyJobs(limit: number, retryAfterSeconds: number): StreamCsvError {
  const message = `${limit} jobs of the token are unfinished, which is the limit.`;
  return new StreamCsvError("SCSV_TOKEN_LIMIT", message, { retryAfterSeconds });
}

/** Why a job failed whose server stopped. */
export function stoppedFault(): StreamCsvError {
  return new StreamCsvError("SCSV_JOB_STOPPED", "The server stopped while the job ran. Submit it again.");
}

/** The fault of asking for the result of a job that has none yet. */
export function jobUnfinished({ id, state }: Pick<JobRecord, "id" | "state">): StreamCsvError {
  const message = `The job "${id}" is ${state}; it has no result yet.`;
  return new StreamCsvError("SCSV_JOB_UNFINISHED", message, { retryAfterSeconds: 1 });
}

/** The fault of asking for the result of a job that was cancelled or has expired. */
export function jobGone({ id, state }: Pick<JobRecord, "id" | "state">): StreamCsvError {
  return new StreamCsvError("SCSV_JOB_GONE", `The job "${id}" is ${state}; submit it again.`);
}

/** Why a job failed, as the fault of asking for its result. */
export function jobFailed({ code, message }: JobFault): StreamCsvError {
  const known = Object.hasOwn(faultCatalog, code) ? (code as FaultCode) : "SCSV_INTERNAL";
  return new StreamCsvError(known, message);
}
