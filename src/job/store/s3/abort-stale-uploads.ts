import type { Clock } from "../../../clock.ts";
import { isOwnName } from "./object-name.ts";
import type { S3Bucket } from "./s3-bucket.ts";

/** Uploads that began longer ago have no process any more. */
const staleMs = 48 * 3_600_000;

/**
 * Aborts unfinished uploads of results that a dead server, or one that lost the store, has left behind. Their age is by the clock of
 * the service, which began them: a machine whose own clock is days ahead must not abort what others upload now.
 * @throws StreamCsvError `SCSV_STORE_UNAVAILABLE`; the signal's reason when aborted
 */
export async function abortStaleUploads(
  bucket: S3Bucket,
  prefix: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const unfinished = await bucket.unfinished(prefix, signal);
  // The SDK knows by that answer how far this machine's clock is off.
  const nowMs = clock.wallMs() + bucket.client.config.systemClockOffset;
  for (const upload of unfinished) {
    if (isOwnName(prefix, upload.name) && nowMs - upload.begunAt.getTime() > staleMs)
      await bucket.abort(upload, signal);
  }
}
