import { randomUUID } from "node:crypto";
import { eitherSignal } from "../../../async/either-signal.ts";
import { StreamCsvError } from "../../../errors.ts";
import type { JobMaking } from "../../job-store.ts";
import type { JobResult } from "../../job.ts";
import { copyObject } from "./copy-object.ts";
import type { Leftovers } from "./leftovers.ts";
import { objectHeadOf } from "./object-head.ts";
import { objectNameOf, partialNameOf } from "./object-name.ts";
import type { PartedUpload, S3Bucket } from "./s3-bucket.ts";
import type { Uploaded } from "./uploader-messages.ts";

/** A request that was on its way when its sender died may arrive after an abort, so that another one is needed. */
const mostAborts = 3;

/**
 * One attempt to upload a result, as the process sees it that survives: it begins and completes the upload, and knows at
 * any time what has to be removed.
 *
 * S3 wants the metadata of an upload in parts at its beginning, when the digest isn't known. Therefore the parts become an
 * object of another name, which is never given to a client, and the service copies it to its own name with all its
 * metadata.
 */
export class UploadAttempt {
  readonly #bucket: S3Bucket;
  readonly #prefix: string;
  readonly #job: JobMaking;
  readonly #partialName: string;
  /** Names that an object or an unfinished upload may have. */
  readonly #used = new Set<string>();
  readonly #discarding = new AbortController();
  #begun: Promise<PartedUpload> | undefined;

  constructor(bucket: S3Bucket, prefix: string, job: JobMaking) {
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#job = job;
    this.#partialName = partialNameOf(prefix, job, randomUUID());
  }

  /** Begins an upload in parts. */
  begin(signal: AbortSignal): Promise<PartedUpload> {
    this.#used.add(this.#partialName);
    const either = eitherSignal(signal, this.#discarding.signal);
    this.#begun = this.#bucket.begin(this.#partialName, objectHeadOf(this.#job), either);
    return this.#begun;
  }

  /** The name of the object of a whole result, which is written next. */
  name({ sha256 }: JobResult): string {
    const name = objectNameOf(this.#prefix, this.#job, sha256);
    this.#used.add(name);
    return name;
  }

  /**
   * Makes the object of the result, if it isn't made yet, and checks its size.
   * @throws StreamCsvError `SCSV_STORE_UNAVAILABLE`; the signal's reason when aborted
   */
  async finish({ result, parts }: Uploaded, leftovers: Leftovers, signal: AbortSignal): Promise<void> {
    const name = this.name(result);
    if (parts !== null && this.#begun !== undefined) {
      const partial = { name: this.#partialName, bytes: result.bytes };
      await this.#bucket.complete(await this.#begun, parts, result.bytes, signal);
      await copyObject(this.#bucket, partial, { name, head: objectHeadOf(this.#job, result) }, signal);
    }
    const found = await this.#bucket.head(name, signal);
    if (found?.bytes !== result.bytes) {
      throw new StreamCsvError(
        "SCSV_STORE_UNAVAILABLE",
        `The store s3://${this.#bucket.bucket} has ${found === null ? "no object" : `${found.bytes} bytes`} where ${result.bytes} bytes were written.`,
      );
    }
    if (parts === null) return;
    this.#used.delete(name);
    await leftovers.remove((limit) => this.discard(this.#bucket, limit));
  }

  /**
   * Removes what it has left in the bucket; its process must have ended.
   * @throws StreamCsvError `SCSV_STORE_UNAVAILABLE`
   */
  async discard(bucket: S3Bucket, signal: AbortSignal): Promise<void> {
    this.#discarding.abort();
    // An upload that couldn't be begun leaves nothing to abort. The code that writes its parts has the error.
    const begun = await this.#begun?.catch(() => undefined);
    if (begun !== undefined) await bucket.abort(begun, signal);
    for (const name of this.#used) await bucket.remove(name, signal);
    // The last, since not every service allows it.
    for (const name of this.#used) await abortAll(bucket, name, signal);
  }
}

/** Aborts the uploads to a name, also those whose beginning was never answered. */
async function abortAll(bucket: S3Bucket, name: string, signal: AbortSignal): Promise<void> {
  for (let round = 0; round < mostAborts; round += 1) {
    const unfinished = await bucket.unfinished(name, signal);
    if (unfinished.length === 0) return;
    for (const upload of unfinished) await bucket.abort(upload, signal);
  }
}
