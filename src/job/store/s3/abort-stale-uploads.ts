import { isOwnName } from "./object-name.ts";
import type { S3Bucket } from "./s3-bucket.ts";

/** Uploads that began longer ago have no process any more. */
const staleMs = 48 * 3_600_000;

/**
 * Aborts unfinished uploads of results that a dead server, or one that lost the store, has left behind.
 * @throws StreamCsvError `SCSV_STORE_UNAVAILABLE`; the signal's reason when aborted
 */
export async function abortStaleUploads(
  bucket: S3Bucket,
  prefix: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<void> {
  for (const upload of await bucket.unfinished(prefix, signal)) {
    if (isOwnName(prefix, upload.name) && nowMs - upload.begunAt.getTime() > staleMs)
      await bucket.abort(upload, signal);
  }
}
