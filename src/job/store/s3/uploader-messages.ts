import type { ServedSource } from "../../../export/served-source.ts";
import type { JobResult } from "../../job.ts";
import type { JobMaking } from "../../job-store.ts";
import type { Patience, S3Address } from "./connect.ts";
import type { PartedUpload, UploadedPart } from "./s3-bucket.ts";

/** Calls to a process that uploads a result. */
export type UploaderMethods = {
  readonly upload: (request: UploadRequest) => Promise<Uploaded>;
};

/** Calls from it to the process that started it, which knows by them what to remove when the upload fails. */
export type UploaderHostMethods = {
  /** Begins an upload in parts, once the result is larger than the first of them. */
  readonly begin: (none: null) => Promise<PartedUpload>;
  /** Gives the name of the object of a whole result, which is written next. */
  readonly name: (result: JobResult) => string;
};

/** One result to make and to upload. */
export interface UploadRequest {
  readonly job: JobMaking;
  readonly sources: readonly (string | ServedSource)[];
  readonly bucket: string;
  readonly address: S3Address;
  readonly patience: Patience;
}

/** What was uploaded. */
export interface Uploaded {
  readonly result: JobResult;
  /** Null when the object is written already. */
  readonly parts: readonly UploadedPart[] | null;
}
