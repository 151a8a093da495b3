import type { ExportProgress } from "../body/encode-batches.ts";
import type { SpoolLease } from "../spool/spool.ts";
import type { JobRecord, JobResult, JobTask } from "./job.ts";

/** How a client gets a result: from a file of this machine, or from somewhere else without this server. */
export type JobOffer =
  | { readonly kind: "file"; readonly lease: SpoolLease }
  | {
      readonly kind: "url";
      readonly url: string;
      /** The same for HEAD: a service signs an address for one method, and refuses others. */
      readonly headUrl: string;
    };

/** What a store needs to know of a result. */
export type StoredJob = Pick<JobRecord, "id" | "attempt" | "key" | "filename" | "contentType"> & {
  readonly result: JobResult;
};

/** A job to make, and what its result is called. */
export interface JobMaking extends JobTask, Pick<JobRecord, "filename" | "contentType"> {}

/** Where results of jobs are. Each result is there only when it is whole. */
export interface JobStore {
  /** `folder` or `s3`. */
  readonly kind: string;
  /**
   * Makes the result of a job in a process of its own. Once this has settled, nothing is written any more, and of a
   * failed attempt nothing is left. Memory is bounded by one batch of rows and one part.
   * @param options.signal ends it, down to the query in a database
   * @param options.onProgress called about once a second
   * @throws what the export throws; StreamCsvError `SCSV_STORE_UNAVAILABLE`, `SCSV_SPOOL_SIZE`, `SCSV_BUSY` and other
   *   faults of the store; the signal's reason when aborted
   */
  make(
    job: JobMaking,
    options: { readonly signal: AbortSignal; readonly onProgress: (progress: ExportProgress) => void },
  ): Promise<JobResult>;
  /** Keeps a result that an earlier run of the server made; false when it is gone. */
  adopt(job: StoredJob): Promise<boolean>;
  /** @throws StreamCsvError `SCSV_JOB_RESULT_LOST`, `SCSV_STORE_UNAVAILABLE` */
  offer(job: StoredJob, signal: AbortSignal): Promise<JobOffer>;
  /** Removes a result; one that is gone already is not an error. */
  remove(job: StoredJob): Promise<void>;
  /** Resolves when nothing of it runs any more. */
  close(): Promise<void>;
}
