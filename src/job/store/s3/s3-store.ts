import { systemClock, type Clock } from "../../../clock.ts";
import { abortable } from "../../../async/abortable.ts";
import { StreamCsvError, toError } from "../../../errors.ts";
import type { ExportProgress } from "../../../body/encode-batches.ts";
import type { ServedSource } from "../../../export/served-source.ts";
import { neverRejects } from "../../../never-rejects.ts";
import { ownProgram } from "../../../own-program.ts";
import { inMakerProcess } from "../../../spool/builder/maker-process.ts";
import type { JobSettings } from "../../job-settings.ts";
import type { JobMaking, JobOffer, JobStore, StoredJob } from "../../job-store.ts";
import type { JobResult } from "../../job.ts";
import { abortStaleUploads } from "./abort-stale-uploads.ts";
import {
  askingPatience,
  assemblingPatience,
  resolveAddress,
  uploadingPatience,
  type S3Address,
} from "./connect.ts";
import { Leftovers } from "./leftovers.ts";
import { loadS3Presigner, loadS3Sdk, type S3Presigner, type S3Sdk } from "./load-sdk.ts";
import { objectHeadOf } from "./object-head.ts";
import { objectNameOf } from "./object-name.ts";
import { S3Bucket } from "./s3-bucket.ts";
import { parseS3Location, type S3Location } from "./s3-location.ts";
import { signAddress } from "./sign-address.ts";
import { UploadAttempt } from "./upload-attempt.ts";
import type { Uploaded, UploaderHostMethods, UploaderMethods } from "./uploader-messages.ts";

/** How long an address lasts at most: long enough to begin a download, which may then take as long as it needs. */
const mostAddressSeconds = 600;

/** Where results go, and how the service is reached. */
export type S3StoreSettings = Pick<
  JobSettings,
  "store" | "endpoint" | "forcePathStyle" | "region" | "keepMs"
>;

/** What a store needs besides its settings. */
export interface S3StoreOptions {
  /**
   * Called with faults that belong to no job: what couldn't be removed stays in the bucket until a later removal succeeds.
   */
  readonly onWarning: (error: Error) => void;
  /** Attempts of each request of an upload. @default 10 */
  readonly attempts?: number;
  /** When what couldn't be removed is tried again. @default 60 s */
  readonly againMs?: number;
  readonly clock?: Clock;
}

/**
 * Results of jobs in a bucket of S3 or a compatible service. Each result is one object, which is there only when it is
 * whole; clients download it from the service by an address that is signed for some minutes.
 */
export class S3Store implements JobStore {
  readonly kind = "s3";
  readonly #sources: readonly (string | ServedSource)[];
  readonly #location: S3Location;
  readonly #address: S3Address;
  readonly #sdk: S3Sdk;
  readonly #presigner: S3Presigner;
  readonly #asking: S3Bucket;
  readonly #assembling: S3Bucket;
  readonly #attempts: number;
  readonly #leftovers: Leftovers;
  readonly #addressSeconds: number;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  private constructor(
    parts: {
      readonly location: S3Location;
      readonly address: S3Address;
      readonly sources: readonly (string | ServedSource)[];
      readonly sdk: S3Sdk;
      readonly presigner: S3Presigner;
      readonly keepMs: number;
    },
    { onWarning, attempts = uploadingPatience.attempts, againMs, clock = systemClock }: S3StoreOptions,
  ) {
    const { location, address, sources, sdk, presigner, keepMs } = parts;
    this.#sources = sources;
    this.#location = location;
    this.#address = address;
    this.#sdk = sdk;
    this.#presigner = presigner;
    this.#attempts = attempts;
    const { bucket, prefix } = location;
    this.#asking = new S3Bucket(sdk, bucket, this.#address, askingPatience);
    this.#assembling = new S3Bucket(sdk, bucket, this.#address, { ...assemblingPatience, attempts });
    this.#leftovers = new Leftovers(onWarning, againMs);
    this.#addressSeconds = Math.max(1, Math.min(mostAddressSeconds, Math.floor(keepMs / 1000)));
    const { signal } = this.#closing;
    const sweep = abortStaleUploads(this.#asking, prefix, clock, signal).catch((error: unknown) => {
      if (!signal.aborted) onWarning(toError(error));
    });
    neverRejects(this.#track(sweep));
  }

  /**
   * Loads the SDK, and in the background aborts old uploads of servers that died. If the service can't be reached, this
   * doesn't fail, since it may be reached later.
   * @throws StreamCsvError `SCSV_STORE_MISSING`; `SCSV_BAD_SETTING` for a name or endpoint that can't be, and without a
   *   region
   */
  static async open(
    settings: S3StoreSettings,
    sources: readonly (string | ServedSource)[],
    options: S3StoreOptions,
  ): Promise<S3Store> {
    const location = parseS3Location(settings.store);
    const [sdk, presigner] = await Promise.all([loadS3Sdk(), loadS3Presigner()]);
    const address = await resolveAddress(sdk, settings);
    return new S3Store({ location, address, sources, sdk, presigner, keepMs: settings.keepMs }, options);
  }

  make(
    job: JobMaking,
    options: { readonly signal: AbortSignal; readonly onProgress: (progress: ExportProgress) => void },
  ): Promise<JobResult> {
    return this.#track(this.#make(job, options));
  }

  async adopt(job: StoredJob): Promise<boolean> {
    return await this.#isThere(job, this.#closing.signal);
  }

  async offer(job: StoredJob, signal: AbortSignal): Promise<JobOffer> {
    if (!(await this.#isThere(job, signal))) {
      throw new StreamCsvError(
        "SCSV_JOB_RESULT_LOST",
        `The result of the job ${job.id} isn't in its store any more.`,
      );
    }
    const { bucket } = this.#location;
    const object = { bucket, name: this.#nameOf(job), head: objectHeadOf(job) };
    const signer = { sdk: this.#sdk, presigner: this.#presigner, client: this.#asking.client };
    const sign = (method: "GET" | "HEAD"): Promise<string> =>
      abortable(signAddress(signer, object, method, this.#addressSeconds), signal);
    const [url, headUrl] = await Promise.all([sign("GET"), sign("HEAD")]);
    return { kind: "url", url, headUrl };
  }

  async remove(job: StoredJob): Promise<void> {
    await this.#asking.remove(this.#nameOf(job), this.#closing.signal);
  }

  async close(): Promise<void> {
    this.#closing.abort(new StreamCsvError("SCSV_DRAINING", "The server is shutting down."));
    await Promise.allSettled(this.#running);
    await this.#leftovers.close();
    this.#asking.close();
    this.#assembling.close();
  }

  async #make(
    job: JobMaking,
    {
      signal,
      onProgress,
    }: { readonly signal: AbortSignal; readonly onProgress: (progress: ExportProgress) => void },
  ): Promise<JobResult> {
    const attempt = new UploadAttempt(this.#assembling, this.#location.prefix, job);
    const host: UploaderHostMethods = {
      begin: () => attempt.begin(signal),
      name: (result) => attempt.name(result),
    };
    const work = `uploaded the result of "${job.export}"`;
    const request = {
      job,
      sources: this.#sources,
      bucket: this.#location.bucket,
      address: this.#address,
      patience: { ...uploadingPatience, attempts: this.#attempts },
    };
    try {
      const uploaded = await inMakerProcess<UploaderMethods, Uploaded>(
        { program: ownProgram("#uploader"), work, host, signal, onProgress },
        (link) => link.call("upload", request),
      );
      await attempt.finish(uploaded, this.#leftovers, signal);
      return uploaded.result;
    } catch (error) {
      await this.#leftovers.removeAlsoLater((limit) => attempt.discard(this.#asking, limit));
      throw error;
    }
  }

  #nameOf(job: StoredJob): string {
    return objectNameOf(this.#location.prefix, job, job.result.sha256);
  }

  async #isThere(job: StoredJob, signal: AbortSignal): Promise<boolean> {
    const found = await this.#asking.head(this.#nameOf(job), signal);
    return found !== null && found.bytes === job.result.bytes;
  }

  /** Keeps a promise until it settles, so that `close` can wait for it. */
  #track<T>(promise: Promise<T>): Promise<T> {
    this.#running.add(promise);
    const forget = (): void => void this.#running.delete(promise);
    promise.then(forget, forget);
    return promise;
  }
}
