// Long because it is all that a server asks of jobs on Redis.

import type { Queue } from "bullmq";
import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import { OneAtATime } from "../../../async/one-at-a-time.ts";
import { settleWithin } from "../../../async/settle-within.ts";
import { StreamCsvError, toError } from "../../../errors.ts";
import { faultForClients } from "../../../fault-for-clients.ts";
import { neverRejects } from "../../../never-rejects.ts";
import type { JobEngine, JobStats, SubmittedJob } from "../../job-engine.ts";
import { jobEnded, jobQueueFull, tooManyJobs, unknownJob } from "../../job-faults.ts";
import type { JobSettings } from "../../job-settings.ts";
import type { JobStore } from "../../job-store.ts";
import type { JobRecord, JobRequest, JobResult } from "../../job.ts";
import { connectRedis, type RedisConnection } from "./connect-redis.ts";
import { JobBook, type BookedRemoval } from "./job-book.ts";
import { JobEnds } from "./job-ends.ts";
import { JobRunner } from "./job-runner.ts";
import { OutageLog } from "./outage-log.ts";
import { loadRedisPackages, type RedisPackages } from "./redis-packages.ts";
import { usualTimings, type RedisTimings } from "./redis-timings.ts";
import { keyPrefix, queueName } from "./scripts.ts";
import { untilAnswered } from "./until-answered.ts";
import { warnOfSettings } from "./warn-of-settings.ts";

/** Jobs that a list shows at the most. */
const mostListed = 1000;
/** Jobs of one token that may be unfinished. */
const mostOfOwner = 100;
/** When a client should ask again while Redis is away. */
const outageRetrySeconds = 5;

/** What an engine on Redis needs. */
export interface RedisEngineContext {
  /** `engine` is the address of Redis. */
  readonly settings: Pick<JobSettings, "engine" | "keepMs" | "concurrency" | "queue">;
  /** One that every machine reaches; see `requireSharedStore`. */
  readonly store: JobStore;
  /** Whether this process runs jobs too; else it only submits them. */
  readonly runsJobs: boolean;
  readonly log: Logger;
  readonly clock: Clock;
  readonly newId: () => string;
  /** @default `usualTimings` */
  readonly timings?: RedisTimings;
}

/**
 * Runs jobs on any machine that uses the same Redis. Records are in Redis, without secrets: each machine finds an export by its
 * name in its own configuration. Redis may be away at any time: requests are refused until it is back, and running jobs go on.
 */
export class RedisEngine implements JobEngine {
  readonly #context: RedisEngineContext;
  readonly #timings: RedisTimings;
  readonly #connection: RedisConnection;
  readonly #book: JobBook;
  readonly #queue: Queue;
  readonly #runner: JobRunner | undefined;
  readonly #ends: JobEnds;
  readonly #outages: OutageLog;
  readonly #sweeping: NodeJS.Timeout;
  readonly #sweep = new OneAtATime(() => this.#clean());
  #counted = { queued: 0, running: 0 };
  #isDraining = false;
  #isClosed = false;

  private constructor(context: RedisEngineContext, packages: RedisPackages) {
    const { settings, store, log, clock, newId, timings = usualTimings } = context;
    const { engine: url, keepMs, concurrency } = settings;
    this.#context = context;
    this.#timings = timings;
    this.#outages = new OutageLog(log, clock, url);
    this.#ends = new JobEnds(log);
    const outages = this.#outages;
    this.#connection = connectRedis(packages, url, "ask", outages);
    const redis = this.#connection.client;
    redis.on("ready", () => {
      outages.noteReady();
      neverRejects(warnOfSettings(redis, log).catch((error: unknown) => outages.note(error)));
    });
    const book = new JobBook(redis, keepMs);
    this.#book = book;
    this.#queue = new packages.bullmq.Queue(queueName, {
      connection: redis,
      prefix: keyPrefix,
      skipVersionCheck: true,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    });
    this.#queue.on("error", (error) => outages.note(error));
    const ends = this.#ends;
    const running = { packages, url, concurrency, book, store, ends, outages, timings, log, clock, newId };
    this.#runner = context.runsJobs ? new JobRunner(running) : undefined;
    this.#sweeping = setInterval(() => this.#sweep.begin(), timings.sweepMs).unref();
  }

  /**
   * Connects in the background: Redis needn't be there yet.
   * @throws StreamCsvError `SCSV_ENGINE_MISSING`
   */
  static async open(context: RedisEngineContext): Promise<RedisEngine> {
    return new RedisEngine(context, await loadRedisPackages());
  }

  begin(): void {
    this.#runner?.begin();
  }

  /** Jobs that this process has given to others at its end. */
  get handedBack(): number {
    return this.#runner?.handedBack ?? 0;
  }

  /** Resolves when Redis has answered for the first time, and rejects when the signal is aborted. */
  async ready(signal: AbortSignal): Promise<void> {
    await untilAnswered(() => this.#connection.client.ping(), {
      pauseMs: 100,
      mayRetry: () => !signal.aborted,
      onFailure: (error) => this.#outages.note(error),
    });
  }

  async submit(request: JobRequest, admit?: () => void): Promise<SubmittedJob> {
    if (this.#isDraining)
      throw new StreamCsvError("SCSV_DRAINING", "The server is shutting down and takes no new jobs.");
    const { newId, settings, runsJobs } = this.#context;
    if (admit !== undefined) {
      const known = await this.#ask(() => this.#book.find(request));
      if (known !== undefined) return { job: known.job, isNew: false };
      admit();
    }
    const id = newId();
    const limits = { queue: settings.queue, places: runsJobs ? settings.concurrency : 0, mostOfOwner };
    const answer = await this.#ask(() => this.#book.submit(id, request, limits));
    if ("meanMs" in answer) {
      const retryAfterSeconds = Math.max(1, Math.ceil(answer.meanMs / 1000 / Math.max(1, answer.running)));
      throw answer.kind === "full"
        ? jobQueueFull(settings.queue, retryAfterSeconds)
        : tooManyJobs(mostOfOwner, retryAfterSeconds);
    }
    const { kind, record } = answer;
    // The record is the promise: a job that doesn't get into the queue now is put there by a sweep.
    if (kind === "new") await this.#enqueue(id);
    return { job: record.job, isNew: kind === "new" };
  }

  async list(owner?: string | null): Promise<readonly JobRecord[]> {
    return (await this.#ask(() => this.#book.list(mostListed, owner))).map(({ job }) => job);
  }

  async get(id: string): Promise<JobRecord> {
    const record = await this.#ask(() => this.#book.get(id));
    if (record === undefined) throw unknownJob(id);
    return record.job;
  }

  async cancel(id: string): Promise<JobRecord> {
    const { kind, record } = await this.#ask(() => this.#book.cancel(id));
    if (kind === "unknown" || record === undefined) throw unknownJob(id);
    const { job } = record;
    if (kind === "ended") throw jobEnded(job);
    if (kind === "asked") this.#runner?.cancel(id);
    else {
      this.#ends.note(job);
      // If it stays in the queue, the process that takes it drops it.
      await this.#withinAsk(this.#queue.remove(id));
    }
    return job;
  }

  async lose(id: string): Promise<void> {
    const lost = new StreamCsvError(
      "SCSV_JOB_RESULT_LOST",
      "The result was removed or changed by another program.",
    );
    await this.#ask(() => this.#book.lose(id, faultForClients(lost)));
  }

  /**
   * Jobs that wait or run anywhere, or did when Redis last answered; what has been made is what this process has recorded. It never
   * rejects: other numbers of a server are wanted most while Redis is away.
   */
  async stats(): Promise<JobStats> {
    try {
      this.#counted = await this.#book.count();
    } catch (error) {
      this.#outages.note(error);
    }
    return { engine: "redis", store: this.#context.store.kind, ...this.#counted, ...this.#ends.made };
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.#runner?.drain();
  }

  async close(): Promise<void> {
    this.#isDraining = true;
    this.#isClosed = true;
    clearInterval(this.#sweeping);
    await this.#runner?.close();
    if (this.#sweep.running !== undefined)
      await settleWithin(this.#sweep.running, this.#timings.closeMs, (error) => this.#outages.note(error));
    await this.#withinAsk(this.#queue.close());
    await this.#connection.close();
  }

  /** Puts a job into the queue of BullMQ; one that is there already isn't put there again. */
  async #enqueue(id: string): Promise<void> {
    await this.#withinAsk(this.#queue.add("export", {}, { jobId: id }));
  }

  /** Asks Redis for a short time. @throws StreamCsvError `SCSV_ENGINE_UNAVAILABLE` */
  async #ask<T>(call: () => Promise<T>): Promise<T> {
    const { clock } = this.#context;
    const sinceMs = clock.nowMs();
    try {
      return await untilAnswered(call, {
        pauseMs: 100,
        mayRetry: () => clock.nowMs() - sinceMs < this.#timings.askMs,
        onFailure: (error) => this.#outages.note(error),
      });
    } catch (error) {
      throw new StreamCsvError("SCSV_ENGINE_UNAVAILABLE", "The Redis that keeps the jobs doesn't answer.", {
        // Not the error itself, which holds the command and its arguments.
        cause: new Error(this.#outages.reasonOf(error)),
        retryAfterSeconds: outageRetrySeconds,
      });
    }
  }

  /** Waits for a call of BullMQ, which would wait for Redis for ever; its failure is logged. */
  async #withinAsk(call: Promise<unknown>): Promise<void> {
    await settleWithin(call, this.#timings.askMs, (error) => this.#outages.note(error));
  }

  /** Expires results; only one machine at a time gets something to do. */
  async #clean(): Promise<void> {
    try {
      const { removals, missing } = await this.#book.sweep(this.#timings.sweepMs);
      for (const id of missing) await this.#enqueue(id);
      for (const removal of removals) {
        // Each may take the store many seconds while it can't be reached. What is left is removed later, perhaps by another machine.
        if (this.#isClosed) return;
        await this.#remove(removal);
      }
    } catch (error) {
      this.#outages.note(error);
    }
  }

  /** Removes a result. One that can't be removed now is removed later, perhaps by another machine. */
  async #remove(removal: BookedRemoval): Promise<void> {
    const { store, log } = this.#context;
    const { id, attempt } = removal;
    const record = await this.#book.get(id);
    if (record !== undefined) {
      try {
        await store.remove({ ...record.job, attempt, result: record.result ?? unknownResult });
      } catch (error) {
        log.warn({ job: id, attempt, err: toError(error) }, "the result of a job couldn't be removed");
        return;
      }
    }
    await this.#book.removed(removal);
  }
}

/** Of an attempt that ended without a word. */
const unknownResult: JobResult = { rows: 0, bytes: 0, guardedCells: 0, sha256: "" };
