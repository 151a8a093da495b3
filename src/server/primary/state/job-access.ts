import { StreamCsvError } from "../../../errors.ts";
import { jobFailed, jobGone, jobUnfinished, unknownJob } from "../../../job/job-faults.ts";
import type { JobStats, SubmittedJob } from "../../../job/job-engine.ts";
import type { JobRecord } from "../../../job/job.ts";
import type { Jobs } from "../../../job/open-jobs.ts";
import type { FileLeases } from "../../../spool/file-leases.ts";
import type { AskedRecord, AskedResult, JobWish, OfferedResult, Viewer } from "../../protocol/messages.ts";
import { isSeenBy } from "./is-seen-by.ts";
import type { TokenUsage } from "./token-usage.ts";

/** Answers the workers' calls about jobs, for those who may see them. */
export class JobAccess {
  readonly #jobs: Jobs;
  readonly #files: FileLeases;
  readonly #tokens: TokenUsage;

  constructor(jobs: Jobs, files: FileLeases, tokens: TokenUsage) {
    this.#jobs = jobs;
    this.#files = files;
    this.#tokens = tokens;
  }

  /** Submits a job; only one that is new counts as a start of its token. */
  async submit({ request, rate }: JobWish): Promise<SubmittedJob> {
    const { owner } = request;
    let takeBack: (() => void) | undefined;
    const admit = (): void => {
      if (owner !== null && rate !== null) takeBack = this.#tokens.start(owner, rate);
    };
    try {
      const submitted = await this.#jobs.engine.submit(request, admit);
      if (!submitted.isNew) takeBack?.();
      return submitted;
    } catch (error) {
      takeBack?.();
      throw error;
    }
  }

  async list(viewer: Viewer): Promise<readonly JobRecord[]> {
    return await this.#jobs.engine.list(viewer === "all" ? undefined : viewer.token);
  }

  async get({ id, viewer }: AskedRecord): Promise<JobRecord> {
    const job = await this.#jobs.engine.get(id);
    if (!isSeenBy(viewer, job.owner)) throw unknownJob(id);
    return job;
  }

  async cancel(asked: AskedRecord): Promise<JobRecord> {
    await this.get(asked);
    return await this.#jobs.engine.cancel(asked.id);
  }

  /**
   * Offers the result of a completed job; a file is leased to the worker.
   * @throws StreamCsvError `SCSV_JOB_UNFINISHED`, `SCSV_JOB_GONE`, `SCSV_JOB_RESULT_LOST`, `SCSV_BUSY` if too many results wait to be
   *   checked, and why a failed job failed
   */
  async offer(worker: number, asked: AskedResult): Promise<OfferedResult> {
    // From the first moment on: the client may leave while its job is looked up, too.
    return await this.#files.wait(worker, asked.wait, (signal) => this.#offer(worker, asked, signal));
  }

  async stats(): Promise<JobStats> {
    return await this.#jobs.engine.stats();
  }

  async drain(): Promise<void> {
    await this.#jobs.engine.drain();
  }

  async close(): Promise<void> {
    await this.#jobs.close();
  }

  async #offer(worker: number, asked: AskedRecord, signal: AbortSignal): Promise<OfferedResult> {
    const job = await this.get(asked);
    signal.throwIfAborted();
    const { result } = job;
    if (result === null) throw withoutResult(job);
    const { engine, store } = this.#jobs;
    try {
      const offer = await store.offer({ ...job, result }, signal);
      if (offer.kind === "url") return { ...offer, job };
      return { kind: "file", job, file: this.#files.handOver(worker, offer.lease) };
    } catch (error) {
      if (error instanceof StreamCsvError && error.code === "SCSV_JOB_RESULT_LOST") await engine.lose(job.id);
      throw error;
    }
  }
}

function withoutResult(job: JobRecord): StreamCsvError {
  if (job.state === "queued" || job.state === "running") return jobUnfinished(job);
  return job.error === null ? jobGone(job) : jobFailed(job.error);
}
