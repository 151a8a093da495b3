import type { JobRecord, JobRequest } from "./job.ts";

/** How many jobs are in which state, and what has been made since the server started. */
export interface JobStats {
  readonly engine: string;
  readonly store: string;
  readonly queued: number;
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Of completed jobs. */
  readonly rows: number;
  readonly bytes: number;
}

/** A job, and whether it was made by this request. */
export interface SubmittedJob {
  readonly job: JobRecord;
  readonly isNew: boolean;
}

/** Runs jobs: one implementation for one machine, another for several. */
export interface JobEngine {
  /**
   * Begins to run jobs here. Until then they wait, so that a process whose start fails neither runs nor ends those that it found.
   */
  begin(): void;
  /**
   * Gives the queued, running or completed job of the same plan and owner, or queues a new one.
   * @param admit - called before a new job is made; what it throws refuses it
   * @throws StreamCsvError `SCSV_JOB_QUEUE_FULL`, `SCSV_TOKEN_LIMIT`, `SCSV_ENGINE_UNAVAILABLE`, `SCSV_DRAINING`
   */
  submit(request: JobRequest, admit?: () => void): Promise<SubmittedJob>;
  /**
   * The latest thousand of the known jobs, the latest first.
   * @param owner whose jobs, null for those of nobody; all if it is left out
   * @throws StreamCsvError `SCSV_ENGINE_UNAVAILABLE`
   */
  list(owner?: string | null): Promise<readonly JobRecord[]>;
  /** @throws StreamCsvError `SCSV_UNKNOWN_JOB`, `SCSV_ENGINE_UNAVAILABLE` */
  get(id: string): Promise<JobRecord>;
  /**
   * Cancels a job; its query ends in the database. The record is the one before or after.
   * @throws StreamCsvError `SCSV_JOB_ENDED`, `SCSV_UNKNOWN_JOB`, `SCSV_ENGINE_UNAVAILABLE`
   */
  cancel(id: string): Promise<JobRecord>;
  /**
   * The result of a completed job turned out to be lost: it is failed now, so that the next request for its plan makes a new
   * job.
   */
  lose(id: string): Promise<void>;
  stats(): Promise<JobStats>;
  /** Starts no more jobs here; resolves when none runs here any more. */
  drain(): Promise<void>;
  /**
   * Takes no more jobs, and ends those that run here: on one machine they are failed with "the server stopped", with
   * others they are handed back.
   */
  close(): Promise<void>;
}
