// Long because an attempt can end in five ways, and each must leave Redis, BullMQ and the store in agreement.

import { setTimeout as sleep } from "node:timers/promises";
import type { Job, Worker } from "bullmq";
import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import { settleWithin } from "../../../async/settle-within.ts";
import { StreamCsvError, toError } from "../../../errors.ts";
import { faultForClients } from "../../../fault-for-clients.ts";
import { neverRejects } from "../../../never-rejects.ts";
import { stoppedFault } from "../../job-faults.ts";
import type { JobStore } from "../../job-store.ts";
import type { JobResult } from "../../job.ts";
import { connectRedis, type RedisConnection } from "./connect-redis.ts";
import type { AttemptEnd, JobBook, Start } from "./job-book.ts";
import type { JobEnds } from "./job-ends.ts";
import type { OutageLog } from "./outage-log.ts";
import type { RedisPackages } from "./redis-packages.ts";
import type { RedisTimings } from "./redis-timings.ts";
import { cancelChannel, keyPrefix, queueName } from "./scripts.ts";
import type { StoredRecord } from "./stored-record.ts";
import { untilAnswered } from "./until-answered.ts";

/** What running jobs needs. */
export interface JobRunnerContext {
  readonly packages: RedisPackages;
  /** The address of Redis. */
  readonly url: string;
  readonly concurrency: number;
  readonly book: JobBook;
  readonly store: JobStore;
  readonly ends: JobEnds;
  readonly outages: OutageLog;
  readonly timings: RedisTimings;
  readonly log: Logger;
  readonly clock: Clock;
  readonly newId: () => string;
}

/** Why an attempt is given up: its job was cancelled, this process ends, or another process runs the job by now. */
type Interruption = "cancelled" | "closing" | "lost";

/** An attempt that runs here. */
interface Attempt {
  readonly interrupt: (why: Interruption) => void;
  /** Of its making and its report. */
  readonly done: Promise<unknown>;
}

/**
 * Takes jobs from BullMQ and makes their results, some at the same time. BullMQ says which process may try a job; the record says
 * whether an attempt counts. So a late attempt, whose lock was lost while Redis was away, changes nothing.
 */
export class JobRunner {
  readonly #context: JobRunnerContext;
  readonly #worker: Worker;
  readonly #connections: readonly RedisConnection[];
  readonly #attempts = new Map<string, Attempt>();
  /** Aborted when this process takes no more jobs. */
  readonly #draining = new AbortController();
  #closingSinceMs: number | undefined;
  #handedBack = 0;

  constructor(context: JobRunnerContext) {
    this.#context = context;
    const { packages, url, concurrency, outages, timings } = context;
    const queue = connectRedis(packages, url, "wait", outages);
    const cancels = connectRedis(packages, url, "wait", outages);
    this.#connections = [queue, cancels];
    cancels.client.on("message", (_channel, id) => this.cancel(id));
    cancels.client.subscribe(cancelChannel).catch((error: unknown) => {
      // Closed before Redis was there.
      if (this.#closingSinceMs === undefined) outages.note(error);
    });
    this.#worker = new packages.bullmq.Worker(queueName, (job, token) => this.#take(job, token ?? ""), {
      connection: queue.client,
      prefix: keyPrefix,
      concurrency,
      autorun: false,
      lockDuration: timings.lockMs,
      stalledInterval: timings.stalledMs,
      // The record counts how often a job was taken over.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      runRetryDelay: 1000,
      skipVersionCheck: true,
    });
    this.#worker.on("error", (error) => outages.note(error));
  }

  /** Begins to take jobs. */
  begin(): void {
    this.#worker.run().catch((error: unknown) => this.#context.outages.note(error));
  }

  /** Jobs that this process has given to others at its end. */
  get handedBack(): number {
    return this.#handedBack;
  }

  /** Cancels a job if it runs here. */
  cancel(id: string): void {
    this.#attempts.get(id)?.interrupt("cancelled");
  }

  get #isDraining(): boolean {
    return this.#draining.signal.aborted;
  }

  /** Takes no more jobs; resolves when those that run here have ended. */
  async drain(): Promise<void> {
    this.#draining.abort();
    await this.#worker.pause(true);
    await this.#settled();
  }

  /** Takes no more jobs, hands back those that run here, and closes its connections. */
  async close(): Promise<void> {
    const { clock, timings, outages } = this.#context;
    this.#draining.abort();
    this.#closingSinceMs ??= clock.nowMs();
    for (const { interrupt } of this.#attempts.values()) interrupt("closing");
    await this.#settled();
    // While Redis is away, BullMQ ends only after its connections.
    const closed = this.#worker.close();
    await settleWithin(closed, timings.closeMs, (error) => outages.note(error));
    await Promise.all(this.#connections.map((connection) => connection.close()));
    await closed;
  }

  async #settled(): Promise<void> {
    await Promise.allSettled([...this.#attempts.values()].map(({ done }) => done));
  }

  /** What BullMQ calls for each job. It returns when the job needs no other process. */
  async #take(entry: Job, token: string): Promise<void> {
    const { book, ends, timings, clock, newId } = this.#context;
    const id = entry.id ?? "";
    if (this.#isDraining) return await this.#giveToOthers(entry, token);
    const runner = newId();
    const stopped = faultForClients(stoppedFault());
    const tryToStart = (): Promise<Start> =>
      this.#insist(() => book.start(id, runner, timings.silenceMs, stopped));
    let start = await tryToStart();
    if (start.kind === "wait") {
      // Here, because a delayed job is due by the clock of the machine that looks, which may be hours behind. The process that runs
      // the job is probably dead, and then this is the only wait.
      // Only draining rejects it, which is checked next.
      await sleep(start.waitMs, undefined, { signal: this.#draining.signal }).catch(() => undefined);
      if (this.#isDraining) return await this.#giveToOthers(entry, token);
      start = await tryToStart();
    }
    if (start.kind === "none") return;
    if (start.kind === "wait") {
      await entry.moveToDelayed(clock.wallMs() + start.waitMs, token);
      throw new this.#context.packages.bullmq.DelayedError();
    }
    if (start.kind === "ended") return ends.note(start.record.job);
    if ((await this.#attempt(start.record)) === "handed back") await this.#giveToOthers(entry, token);
  }

  async #giveToOthers(entry: Job, token: string): Promise<void> {
    await entry.moveToWait(token);
    throw new this.#context.packages.bullmq.WaitingError();
  }

  async #attempt(record: StoredRecord): Promise<"ended" | "handed back"> {
    const { log } = this.#context;
    const { job, attempt } = record;
    if (attempt > 1) log.warn({ job: job.id, attempt }, "job taken over");
    const abort = new AbortController();
    let why: Interruption | undefined;
    const interrupt = (reason: Interruption): void => {
      why ??= reason;
      abort.abort(new StreamCsvError("SCSV_CANCELLED", `The job "${job.id}" is ${why} here.`));
    };
    const done = this.#make(record, abort.signal, interrupt, () => why);
    this.#attempts.set(job.id, { interrupt, done });
    // The process may have begun to end since it took the job.
    if (this.#closingSinceMs !== undefined) interrupt("closing");
    try {
      return await done;
    } finally {
      this.#attempts.delete(job.id);
    }
  }

  async #make(
    record: StoredRecord,
    signal: AbortSignal,
    interrupt: (why: Interruption) => void,
    why: () => Interruption | undefined,
  ): Promise<"ended" | "handed back"> {
    let progress = { rows: 0, bytes: 0 };
    const stopBeats = this.#beat(record, () => progress, interrupt);
    try {
      const onProgress = (now: typeof progress): void => {
        progress = now;
      };
      const made = await this.#made(record, { signal, onProgress });
      if ("result" in made) {
        const { rows, bytes } = made.result;
        await this.#report(record, { state: "completed", error: null, result: made.result, rows, bytes });
        return "ended";
      }
      if (why() === "lost") return this.#noteLost(record);
      if (why() === "closing") return await this.#handBack(record);
      const end: Pick<AttemptEnd, "state" | "error"> =
        why() === "cancelled"
          ? { state: "cancelled", error: null }
          : { state: "failed", error: faultForClients(made.error) };
      await this.#report(record, { ...end, result: null, ...progress }, made.error);
      return "ended";
    } finally {
      stopBeats();
    }
  }

  /** What the store makes of a job, or why it makes nothing. */
  async #made(
    { job }: StoredRecord,
    options: Parameters<JobStore["make"]>[1],
  ): Promise<{ readonly result: JobResult } | { readonly error: unknown }> {
    try {
      return { result: await this.#context.store.make(job, options) };
    } catch (error) {
      return { error };
    }
  }

  /** Reports progress regularly, and interrupts the attempt when the record says so. */
  #beat(
    { job, attempt }: StoredRecord,
    progress: () => { readonly rows: number; readonly bytes: number },
    interrupt: (why: Interruption) => void,
  ): () => void {
    const { book, outages, timings } = this.#context;
    let isAsking = false;
    const beat = async (): Promise<void> => {
      if (isAsking) return;
      isAsking = true;
      try {
        const answer = await book.beat(job.id, attempt, progress());
        if (answer === "cancel") interrupt("cancelled");
        if (answer === "lost") interrupt("lost");
      } catch (error) {
        // The attempt goes on without Redis.
        outages.note(error);
      } finally {
        isAsking = false;
      }
    };
    // The first at once: a cancellation may have come before this process knew that the job runs here.
    neverRejects(beat());
    const timer = setInterval(() => neverRejects(beat()), timings.beatMs);
    return () => clearInterval(timer);
  }

  /** Records the end, however long Redis is away, and removes a result that doesn't count. */
  async #report(record: StoredRecord, end: AttemptEnd, cause?: unknown): Promise<void> {
    const { book, ends } = this.#context;
    const { job, attempt } = record;
    const { kind, record: now } = await this.#insist(() => book.finish(job.id, attempt, end));
    const isCounted = kind === "done" && now !== undefined;
    if (isCounted) ends.note(now.job, cause);
    else this.#noteLost(record);
    const isKept = isCounted && now.job.state === "completed";
    if (end.result !== null && !isKept) await this.#removeResult(record, end.result);
  }

  async #handBack(record: StoredRecord): Promise<"ended" | "handed back"> {
    const { book, ends, log } = this.#context;
    const { job, attempt } = record;
    const { kind, record: now } = await this.#insist(() => book.handBack(job.id, attempt));
    if (kind === "lost") return this.#noteLost(record);
    if (kind === "ended") {
      if (now !== undefined) ends.note(now.job);
      return "ended";
    }
    this.#handedBack += 1;
    log.info({ job: job.id, export: job.export }, "job handed back");
    return "handed back";
  }

  #noteLost({ job, attempt }: StoredRecord): "ended" {
    this.#context.log.warn(
      { job: job.id, attempt },
      "job is run by another process, so this attempt was given up",
    );
    return "ended";
  }

  async #removeResult({ job, attempt }: StoredRecord, result: JobResult): Promise<void> {
    const { store, log } = this.#context;
    try {
      await store.remove({ ...job, attempt, result });
    } catch (error) {
      log.warn({ job: job.id, attempt, err: toError(error) }, "the result of a job couldn't be removed");
    }
  }

  /** Asks Redis until it answers, or for a while when this process ends. */
  async #insist<T>(call: () => Promise<T>): Promise<T> {
    const { timings, clock, outages } = this.#context;
    const sinceMs = clock.nowMs();
    return await untilAnswered(call, {
      pauseMs: Math.min(500, timings.beatMs),
      mayRetry: () => {
        const closingSinceMs = this.#closingSinceMs;
        return (
          closingSinceMs === undefined || clock.nowMs() - Math.max(sinceMs, closingSinceMs) < timings.closeMs
        );
      },
      onFailure: (error) => outages.note(error),
    });
  }
}
