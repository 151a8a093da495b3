// Longer than most, because submission, run, cancellation and expiry of a job change the same record.

import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import { StreamCsvError, toError } from "../../../errors.ts";
import { faultForClients } from "../../../fault-for-clients.ts";
import { neverRejects } from "../../../never-rejects.ts";
import { OneAtATime } from "../../../async/one-at-a-time.ts";
import { settleWithin } from "../../../async/settle-within.ts";
import { HoldEstimate } from "../../../admission/hold-estimate.ts";
import { spoolFault } from "../../../spool/spool-fault.ts";
import type { JobEngine, JobStats, SubmittedJob } from "../../job-engine.ts";
import type { JobSettings } from "../../job-settings.ts";
import type { JobStore } from "../../job-store.ts";
import { hasEnded, type JobRecord, type JobRequest, type JobResult } from "../../job.ts";
import { jobEnded, jobQueueFull, stoppedFault, tooManyJobs, unknownJob } from "../../job-faults.ts";
import { samePlanKey } from "../../same-plan-key.ts";
import { ExpiryOrder } from "./expiry-order.ts";
import { JobFiles } from "./job-files.ts";

/** Ended jobs without a result that are known at the most. */
const historyLength = 1000;
/** Jobs that a list has at the most, the latest. */
const mostListed = 1000;
const sweepIntervalMs = 1000;
/** After how long the removal of a result is tried again. */
const removalRetryMs = 60_000;
/** How far in the future the end of a job may be before the clock counts as set back since then. */
const mostAheadMs = 60_000;
/** How long opening waits for the store to look for results; a folder needs no time for that. */
const lookMs = 1000;
/** Jobs of one token that may be unfinished. */
const mostOfOwner = 100;

/** What an engine on one machine needs. */
export interface LocalEngineContext {
  readonly settings: Pick<JobSettings, "keepMs" | "concurrency" | "queue">;
  /** Where the records are kept. */
  readonly folder: string;
  /** The user who owns them; undefined on systems without user ids. */
  readonly uid: number | undefined;
  readonly store: JobStore;
  readonly log: Logger;
  readonly clock: Clock;
  readonly newId: () => string;
}

/**
 * Runs jobs on this machine, each in a process of its own, in the order of their submission. Records are files, so queued and
 * completed jobs survive the server; one that ran is failed. Memory is one small record for each job.
 */
export class LocalEngine implements JobEngine {
  readonly #context: LocalEngineContext;
  readonly #files: JobFiles;
  /** In order of submission. */
  readonly #jobs = new Map<string, JobRecord>();
  /** The queued, running or completed job of each plan. */
  readonly #byPlan = new Map<string, string>();
  /** In order of submission. */
  readonly #queued = new Set<string>();
  /** How many unfinished jobs each token has. */
  readonly #unfinished = new Map<string, number>();
  /** Completed jobs. */
  readonly #kept = new ExpiryOrder();
  /** Expired jobs whose result isn't removed yet, by id, and when that is tried. */
  readonly #unremoved = new Map<string, { readonly job: JobRecord; readonly againAtMs: number }>();
  /** Ended jobs without a result, in the order in which they are forgotten. */
  readonly #past = new Set<string>();
  /** Submissions that are being written. */
  #promised = 0;
  readonly #running = new Map<string, { readonly abort: AbortController; readonly done: Promise<void> }>();
  readonly #holds = new HoldEstimate();
  readonly #made = { completed: 0, failed: 0, cancelled: 0, rows: 0, bytes: 0 };
  readonly #sweeping: NodeJS.Timeout;
  /** A store that can't be reached may take longer than the interval. */
  readonly #sweep = new OneAtATime(() => this.#clean());
  /** The time of day when results were last looked at for their expiry. */
  #cleanedAtMs = Number.POSITIVE_INFINITY;
  #hasBegun = false;
  #isDraining = false;
  #isClosed = false;
  #areFilesWritten = true;
  /** Jobs whose file doesn't have their latest record, because it couldn't be written. */
  readonly #unwritten = new Set<string>();

  private constructor(context: LocalEngineContext) {
    this.#context = context;
    this.#files = new JobFiles(context.folder, context.uid);
    this.#sweeping = setInterval(() => this.#sweep.begin(), sweepIntervalMs).unref();
  }

  /** Takes over the jobs of an earlier run. @throws what reading the folder throws */
  static async open(context: LocalEngineContext): Promise<LocalEngine> {
    const engine = new LocalEngine(context);
    try {
      const jobs = await engine.#files.read((path, error) =>
        context.log.warn({ file: path, err: toError(error) }, "the record of a job couldn't be read"),
      );
      for (const job of jobs) engine.#jobs.set(job.id, job);
      // The oldest first; what has ended in the order in which it expires.
      const ended = jobs.filter(hasEnded).toSorted((one, other) => expiryOf(one) - expiryOf(other));
      for (const job of [...jobs.filter((one) => !hasEnded(one)), ...ended]) engine.#takeOver(job);
    } catch (error) {
      clearInterval(engine.#sweeping);
      throw spoolFault(error);
    }
    const looking = engine.#lookForResults();
    neverRejects(looking);
    await settleWithin(looking, lookMs, () => undefined);
    return engine;
  }

  begin(): void {
    this.#hasBegun = true;
    this.#startNext();
  }

  async submit(request: JobRequest, admit?: () => void): Promise<SubmittedJob> {
    const known = this.#jobs.get(this.#byPlan.get(samePlanKey(request)) ?? "");
    if (known !== undefined && !this.#isPast(known)) return { job: known, isNew: false };
    if (this.#isDraining)
      throw new StreamCsvError("SCSV_DRAINING", "The server is shutting down and takes no new jobs.");
    this.#requireRoom(request.owner);
    admit?.();
    const job: JobRecord = {
      ...request,
      id: this.#context.newId(),
      state: "queued",
      rows: 0,
      bytes: 0,
      createdAt: this.#now(),
      startedAt: null,
      endedAt: null,
      expiresAt: null,
      error: null,
      result: null,
    };
    // Before the write, so that a second request finds it meanwhile.
    this.#jobs.set(job.id, job);
    this.#byPlan.set(samePlanKey(job), job.id);
    this.#countUnfinished(job.owner, 1);
    this.#promised += 1;
    try {
      await this.#files.write(job);
    } catch (error) {
      // A job that wouldn't survive the server isn't promised. One that was cancelled meanwhile has ended.
      if (!this.#hasEnded(job.id)) this.#countUnfinished(job.owner, -1);
      this.#forget(job);
      throw spoolFault(error);
    } finally {
      this.#promised -= 1;
    }
    if (!this.#hasEnded(job.id)) this.#queued.add(job.id);
    this.#startNext();
    return { job: this.#jobs.get(job.id) ?? job, isNew: true };
  }

  list(owner?: string | null): Promise<readonly JobRecord[]> {
    const wanted = [...this.#jobs.values()].filter((job) => owner === undefined || job.owner === owner);
    return Promise.resolve(wanted.slice(-mostListed).toReversed());
  }

  get(id: string): Promise<JobRecord> {
    const job = this.#jobs.get(id);
    return job === undefined ? Promise.reject(unknownJob(id)) : Promise.resolve(job);
  }

  async cancel(id: string): Promise<JobRecord> {
    const job = await this.get(id);
    if (hasEnded(job)) throw jobEnded(job);
    const running = this.#running.get(id);
    if (running === undefined) this.#end(job, { state: "cancelled" });
    else {
      // The next request for the plan gets a new job, also while this one is still ending.
      this.#leavePlan(job);
      running.abort.abort(new StreamCsvError("SCSV_CANCELLED", `The job "${id}" was cancelled.`));
    }
    return this.#jobs.get(id) ?? job;
  }

  async lose(id: string): Promise<void> {
    const job = this.#jobs.get(id);
    if (job?.state !== "completed" || job.result === null) return;
    const message = "The result was removed or changed by another program.";
    this.#put({ ...job, state: "failed", result: null, error: { code: "SCSV_JOB_RESULT_LOST", message } });
    this.#kept.delete(id);
    this.#leaveResult(job);
    await this.#removeResult(job);
  }

  stats(): Promise<JobStats> {
    const { store } = this.#context;
    return Promise.resolve({
      engine: "local",
      store: store.kind,
      queued: this.#queued.size + this.#promised,
      running: this.#running.size,
      ...this.#made,
    });
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  async close(): Promise<void> {
    this.#isDraining = true;
    this.#isClosed = true;
    clearInterval(this.#sweeping);
    for (const { abort } of this.#running.values()) abort.abort(stoppedFault());
    await Promise.all([...this.#running.values()].map(({ done }) => done));
    await this.#files.settled();
  }

  #requireRoom(owner: string | null): void {
    const { queue, concurrency } = this.#context.settings;
    const waiting = this.#queued.size + this.#promised;
    const retryAfterSeconds = this.#holds.retryAfterSeconds(waiting, concurrency);
    // One that runs at once doesn't wait.
    if (waiting >= queue && this.#running.size + waiting >= concurrency)
      throw jobQueueFull(queue, retryAfterSeconds);
    if (owner !== null && (this.#unfinished.get(owner) ?? 0) >= mostOfOwner)
      throw tooManyJobs(mostOfOwner, retryAfterSeconds);
  }

  #hasEnded(id: string): boolean {
    const job = this.#jobs.get(id);
    return job === undefined || hasEnded(job);
  }

  #countUnfinished(owner: string | null, by: 1 | -1): void {
    if (owner === null) return;
    const count = (this.#unfinished.get(owner) ?? 0) + by;
    if (count > 0) this.#unfinished.set(owner, count);
    else this.#unfinished.delete(owner);
  }

  #takeOver(job: JobRecord): void {
    if (job.state === "queued") {
      this.#byPlan.set(samePlanKey(job), job.id);
      this.#queued.add(job.id);
      this.#countUnfinished(job.owner, 1);
    } else if (job.state === "running") {
      this.#countUnfinished(job.owner, 1);
      this.#end(job, { state: "failed", error: faultForClients(stoppedFault()) });
    } else if (job.state === "completed" && job.result !== null) {
      if (!this.#isPast(job)) this.#byPlan.set(samePlanKey(job), job.id);
      this.#kept.add(job.id, expiryOf(job));
    } else {
      this.#past.add(job.id);
    }
  }

  /**
   * Looks whether the results of an earlier run are there. When the store can't be reached, the rest counts as present: a request for
   * one that is gone finds out. Never rejects.
   */
  async #lookForResults(): Promise<void> {
    // Not those that are completed meanwhile.
    const earlier = [...this.#kept];
    for (const id of earlier) {
      const job = this.#jobs.get(id);
      if (this.#isClosed) return;
      // It may have expired meanwhile.
      if (job?.state !== "completed" || job.result === null) continue;
      try {
        const isThere = await this.#context.store.adopt({ ...job, result: job.result });
        if (!isThere && !this.#isClosed) await this.lose(id);
      } catch (error) {
        if (!this.#isClosed)
          this.#context.log.warn({ err: toError(error) }, "the results of jobs couldn't be looked for");
        return;
      }
    }
  }

  #startNext(): void {
    if (!this.#hasBegun || this.#isDraining) return;
    for (const id of this.#queued) {
      if (this.#running.size >= this.#context.settings.concurrency) return;
      this.#queued.delete(id);
      const job = this.#jobs.get(id)!;
      const abort = new AbortController();
      const startedMs = this.#context.clock.nowMs();
      this.#put({ ...job, state: "running", startedAt: this.#now() });
      const done = this.#run(job.id, abort.signal).finally(() => {
        this.#running.delete(job.id);
        this.#holds.note((this.#context.clock.nowMs() - startedMs) / 1000);
        this.#startNext();
      });
      this.#running.set(job.id, { abort, done });
      neverRejects(done);
    }
  }

  /** Never rejects: a failure is the end of the job. */
  async #run(id: string, signal: AbortSignal): Promise<void> {
    const job = this.#jobs.get(id)!;
    try {
      const result = await this.#context.store.make(job, {
        signal,
        onProgress: ({ rows, bytes }) => {
          const current = this.#jobs.get(id);
          // Not written: after a restart nothing of it is left.
          if (current?.state === "running") this.#jobs.set(id, { ...current, rows, bytes });
        },
      });
      this.#end(this.#jobs.get(id)!, { state: "completed", result });
    } catch (error) {
      const isCancelled = signal.aborted && !this.#isClosed;
      const state = isCancelled ? "cancelled" : "failed";
      this.#end(
        this.#jobs.get(id)!,
        { state, ...(isCancelled ? {} : { error: faultForClients(error) }) },
        error,
      );
    }
  }

  #end(
    job: JobRecord,
    outcome: {
      readonly state: "completed" | "failed" | "cancelled";
      readonly result?: JobResult;
      readonly error?: JobRecord["error"];
    },
    cause?: unknown,
  ): void {
    const { clock, log, settings } = this.#context;
    const endedMs = clock.wallMs();
    const { state, result = null, error = null } = outcome;
    const { rows, bytes } = result ?? job;
    const ended: JobRecord = {
      ...job,
      state,
      rows,
      bytes,
      result,
      error,
      endedAt: isoTime(endedMs),
      expiresAt: isoTime(endedMs + settings.keepMs),
    };
    this.#queued.delete(job.id);
    this.#countUnfinished(job.owner, -1);
    if (state === "completed") this.#kept.add(job.id, expiryOf(ended));
    else this.#leaveResult(job);
    this.#made[state] += 1;
    if (state === "completed") {
      this.#made.rows += rows;
      this.#made.bytes += bytes;
    }
    this.#put(ended);
    const line = {
      job: job.id,
      export: job.export,
      ...(job.owner === null ? {} : { token: job.owner }),
      state,
      rows,
      bytes,
      queuedMs: millisecondsBetween(job.createdAt, job.startedAt ?? ended.endedAt),
      runMs: millisecondsBetween(job.startedAt, ended.endedAt),
    };
    if (state !== "failed") log.info(line, `job ${state}`);
    else log.error({ ...line, err: cause === undefined ? error : toError(cause) }, "job failed");
  }

  /** Keeps a record, and writes it; a write that fails is logged and repeated later, and the job goes on. */
  #put(job: JobRecord): void {
    this.#jobs.set(job.id, job);
    neverRejects(this.#write(job));
  }

  /** Whether the record could be written. */
  async #write(job: JobRecord): Promise<boolean> {
    try {
      await this.#files.write(job);
      this.#areFilesWritten = true;
      return true;
    } catch (error) {
      if (this.#areFilesWritten)
        this.#context.log.error({ err: toError(error) }, "records of jobs can't be written");
      this.#areFilesWritten = false;
      this.#unwritten.add(job.id);
      return false;
    }
  }

  /** Writes what couldn't be written, such as that a job is completed, until the first failure. */
  async #writeAgain(): Promise<void> {
    for (const id of this.#unwritten) {
      this.#unwritten.delete(id);
      const job = this.#jobs.get(id);
      if (job !== undefined && !(await this.#write(job))) return;
    }
  }

  #isPast({ state, expiresAt }: JobRecord): boolean {
    if (state !== "completed") return hasEnded({ state });
    return expiresAt !== null && Date.parse(expiresAt) <= this.#context.clock.wallMs();
  }

  /** Removes results that have expired, and records that have been expired for as long as a result is kept. */
  async #clean(): Promise<void> {
    const { clock, settings } = this.#context;
    const wallMs = clock.wallMs();
    if (wallMs < this.#cleanedAtMs) this.#redateKept(wallMs);
    this.#cleanedAtMs = wallMs;
    this.#expireKept(wallMs);
    for (const { job, againAtMs } of this.#unremoved.values()) {
      if (clock.nowMs() >= againAtMs) await this.#removeExpired(job);
      if (this.#isClosed) return;
    }
    for (const id of this.#past) {
      const job = this.#jobs.get(id)!;
      const keptMs = job.state === "expired" ? settings.keepMs : 0;
      if (clock.wallMs() < expiryOf(job) + keptMs) break;
      this.#forget(job);
    }
    await this.#writeAgain();
  }

  /**
   * Results that ended in the future, because the clock has been set back since, are kept as if they had ended now. Otherwise they
   * would stay, and take up disk space, until the clock is there again.
   */
  #redateKept(wallMs: number): void {
    const ahead = [...this.#kept].filter((id) => endOf(this.#jobs.get(id)!) > wallMs + mostAheadMs);
    for (const id of ahead) {
      const job = this.#jobs.get(id)!;
      const expiresMs = wallMs + expiryOf(job) - endOf(job);
      this.#kept.delete(id);
      this.#kept.add(id, expiresMs);
      this.#put({ ...job, endedAt: isoTime(wallMs), expiresAt: isoTime(expiresMs) });
    }
  }

  /** Without a wait, so that no job changes meanwhile, and none is completed longer than it may be. */
  #expireKept(wallMs: number): void {
    for (const id of this.#kept.takeUntil(wallMs)) {
      const job = this.#jobs.get(id)!;
      // Its file says so only when the result is removed, so that it is removed after a restart otherwise.
      this.#jobs.set(id, { ...job, state: "expired", result: null });
      this.#leavePlan(job);
      this.#unremoved.set(id, { job, againAtMs: Number.NEGATIVE_INFINITY });
    }
  }

  /** Removes the result of a job that has expired, and then writes that it has; later if that fails. */
  async #removeExpired(job: JobRecord): Promise<void> {
    const isRemoved = await this.#removeResult(job);
    if (this.#isClosed) return;
    if (isRemoved) {
      this.#unremoved.delete(job.id);
      this.#put(this.#jobs.get(job.id)!);
      this.#leaveResult(job);
    } else {
      this.#unremoved.set(job.id, { job, againAtMs: this.#context.clock.nowMs() + removalRetryMs });
    }
  }

  /** Removes the result of a job from the store, whose record names it; false if that fails. */
  async #removeResult({ result, ...job }: JobRecord): Promise<boolean> {
    if (result === null) return true;
    try {
      await this.#context.store.remove({ ...job, result });
      return true;
    } catch (error) {
      this.#context.log.warn({ job: job.id, err: toError(error) }, "the result of a job couldn't be removed");
      return false;
    }
  }

  /** A job has no result, so that the next request for its plan makes a new one. Too many of them are forgotten. */
  #leaveResult(job: Omit<JobRecord, "result">): void {
    this.#leavePlan(job);
    this.#past.add(job.id);
    for (const id of this.#past) {
      if (this.#past.size <= historyLength) return;
      this.#forget(this.#jobs.get(id)!);
    }
  }

  #leavePlan(job: Omit<JobRecord, "result">): void {
    const plan = samePlanKey(job);
    if (this.#byPlan.get(plan) === job.id) this.#byPlan.delete(plan);
  }

  #forget(job: JobRecord): void {
    this.#jobs.delete(job.id);
    this.#past.delete(job.id);
    this.#leavePlan(job);
    neverRejects(
      this.#files.remove(job.id).catch((error: unknown) => {
        this.#context.log.warn(
          { job: job.id, err: toError(error) },
          "the record of a job couldn't be removed",
        );
      }),
    );
  }

  #now(): string {
    return isoTime(this.#context.clock.wallMs());
  }
}

/** When the result of an ended job expires, or its record where it has none. */
function expiryOf({ expiresAt }: JobRecord): number {
  return expiresAt === null ? 0 : Date.parse(expiresAt);
}

function endOf({ endedAt }: JobRecord): number {
  return endedAt === null ? 0 : Date.parse(endedAt);
}

function isoTime(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

function millisecondsBetween(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : Date.parse(to) - Date.parse(from);
}
