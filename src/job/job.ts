import type { ExportProgress } from "../body/encode-batches.ts";
import type { ExportParameters } from "../export/parameters.ts";

/** The state of a job. The last four are final, but a completed job expires. */
export type JobState = "queued" | "running" | "completed" | "failed" | "cancelled" | "expired";

/** What a job makes. Plain data without secrets: each machine finds the export by its name in its own configuration. */
export interface JobTask {
  /** Random, so that nobody can guess it. A database shows it among its sessions while the job runs. */
  readonly id: string;
  readonly export: string;
  readonly parameters: ExportParameters;
  /** The version of live rows; null for the source's own. */
  readonly version: string | null;
  /** Of the plan: equal keys mean equal bytes. */
  readonly key: string;
  /**
   * Which attempt makes the result, counted from 1. Where a job may be taken over while an earlier attempt still writes, results
   * of two attempts have two names; see `resultName`.
   * @default 1
   */
  readonly attempt?: number;
}

/** A job that somebody wants. */
export interface JobRequest extends Omit<JobTask, "id" | "attempt"> {
  /** The name of the token for which it runs; null without one. */
  readonly owner: string | null;
  /** Under which clients save the result. */
  readonly filename: string;
  readonly contentType: string;
  /** Rows the result will have; null when that isn't known beforehand. */
  readonly expectedRows: number | null;
}

/** What a job has made. */
export interface JobResult extends ExportProgress {
  /** SHA-256 of the text, hexadecimal. */
  readonly sha256: string;
}

/** Why a job failed, in words for its owner. */
export interface JobFault {
  readonly code: string;
  readonly message: string;
}

/** A job as everybody who may see it sees it. Times are ISO 8601. Plain data. */
export interface JobRecord extends JobRequest, JobTask, Pick<ExportProgress, "rows" | "bytes"> {
  readonly state: JobState;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** When the result of a completed job is removed, and the record of any other ended one. */
  readonly expiresAt: string | null;
  readonly error: JobFault | null;
  /** Null unless the job is completed. */
  readonly result: JobResult | null;
}

/** Whether a job has ended. */
export function hasEnded({ state }: Pick<JobRecord, "state">): boolean {
  return state !== "queued" && state !== "running";
}

/** The name of a result in a store: no two attempts share one, so that a late one never replaces or removes that of another. */
export function resultName({ id, attempt = 1 }: Pick<JobTask, "id" | "attempt">): string {
  return attempt === 1 ? id : `${id}-${attempt}`;
}
