import { loadMetricsLibrary } from "../../metrics/metrics-library.ts";
import { prometheusText } from "../../metrics/prometheus-text.ts";
import type { Clock } from "../../../clock.ts";
import { StreamCsvError } from "../../../errors.ts";
import type { ServerStats, WorkerNumbers } from "../../metrics/server-stats.ts";
import { sumOf } from "../../metrics/worker-number.ts";
import type { Jobs } from "../../../job/open-jobs.ts";
import type { BuildSlots } from "../../../spool/build-slots.ts";
import type { Spool } from "../../../spool/spool.ts";
import { settleWithin } from "../../../async/settle-within.ts";
import type { AskedRecord, PrimaryMethods, TransferRecord } from "../../protocol/messages.ts";
import type { PoolHost, WorkerHandle, WorkerPool } from "../worker-pool.ts";
import type { Log } from "../../shared/log.ts";
import type { ServerSettings, WorkerModel } from "../../shared/settings.ts";
import { isSeenBy } from "./is-seen-by.ts";
import { JobAccess } from "./job-access.ts";
import { BufferBudget } from "./buffer-budget.ts";
import { FileLeases } from "../../../spool/file-leases.ts";
import { TokenUsage } from "./token-usage.ts";
import { TransferRegistry, unknownTransfer } from "./transfer-registry.ts";
import { WorkerLedger } from "./worker-ledger.ts";

/** The part of the worker pool that the state reads. */
type Pool = Pick<WorkerPool, "workers" | "placement" | "connections">;

/** What the state is made of. */
export interface StateContext {
  readonly spool: Spool;
  readonly builds: BuildSlots;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly pool: () => Pool;
  readonly log: Log;
}

/**
 * How long the primary waits for a worker's numbers. For a worker that is busy with a long task, such as a buffered
 * body, its last report counts.
 */
const answerLimitMs = 200;

/**
 * The state that the primary holds for all workers, so that every worker gives the same answer: transfers, the spool,
 * the memory of buffered bodies, and the numbers of all workers.
 */
export class SharedState implements PoolHost {
  readonly transfers: TransferRegistry;
  readonly #files: FileLeases;
  readonly #ledger: WorkerLedger;
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #budget: BufferBudget;
  readonly #tokens: TokenUsage;
  readonly #jobs: JobAccess;
  readonly #workerModel: WorkerModel;
  readonly #pool: () => Pool;
  readonly #log: Log;
  #hasAskedForMetrics = false;

  constructor(settings: ServerSettings, { spool, builds, jobs, clock, pool, log }: StateContext) {
    const { bufferMemoryBytes, workerModel } = settings;
    this.transfers = new TransferRegistry(clock);
    const isRunning = (worker: number): boolean => pool().workers.some(({ pid }) => pid === worker);
    this.#files = new FileLeases(spool, builds, clock, isRunning);
    this.#ledger = new WorkerLedger(clock);
    this.#clock = clock;
    this.#startedAtMs = clock.nowMs();
    this.#budget = new BufferBudget(bufferMemoryBytes);
    this.#tokens = new TokenUsage(clock);
    this.#jobs = new JobAccess(jobs, this.#files, this.#tokens);
    this.#workerModel = workerModel;
    this.#pool = pool;
    this.#log = log;
  }

  methods(worker: number): PrimaryMethods {
    return {
      stats: () => this.#stats(),
      metrics: async () => {
        const histograms = await this.transfers.histograms();
        return await prometheusText(await loadMetricsLibrary(), await this.#stats(), histograms);
      },
      transfers: async (viewer) => {
        await this.#askAll((asked) => this.#updateTransfersOf(asked));
        return this.transfers.list().filter((record) => isSeenBy(viewer, record.token));
      },
      transfer: async (asked) => {
        const { worker: owner, state } = await this.#transfer(asked);
        if (state === "running") {
          await this.#askAll((each) => this.#updateTransfersOf(each), owner);
        }
        return this.transfers.get(asked.id);
      },
      cancelTransfer: (asked) => this.#cancel(asked),
      takeTokenSlot: (wish) => this.#tokens.take(worker, wish),
      reserveBuffer: ({ atLeast, wanted }) => this.#budget.reserve(worker, atLeast, wanted),
      acquireSpoolFile: (request) => this.#files.lease(worker, request),
      submitJob: (wish) => this.#jobs.submit(wish),
      jobs: (viewer) => this.#jobs.list(viewer),
      job: (asked) => this.#jobs.get(asked),
      cancelJob: (asked) => this.#jobs.cancel(asked),
      offerJobResult: (asked) => this.#jobs.offer(worker, asked),
    };
  }

  notes(worker: number): ReturnType<PoolHost["notes"]> {
    return {
      transferStarted: (start) => {
        this.transfers.start(worker, start);
        this.#prepareMetrics();
      },
      transferEnded: (end) => {
        this.#files.leave(end.id);
        this.transfers.end(end);
      },
      report: ({ numbers, progress }) => {
        this.#ledger.record(worker, numbers);
        for (const running of progress) this.transfers.update(running);
      },
      returnTokenSlot: ({ token, heldSeconds }) => this.#tokens.giveBack(worker, token, heldSeconds),
      giveUpTokenSlot: ({ token, startMs }) => this.#tokens.giveUp(worker, token, startMs),
      releaseBuffer: (bytes) => this.#budget.release(worker, bytes),
      releaseSpoolFile: (lease) => this.#files.release(worker, lease),
      leaveJobResult: (wait) => this.#files.leave(wait),
      doubtSpoolFile: (key) => this.#files.doubt(key),
    };
  }

  /** Loads the library of metrics when it will be needed, and not when a transfer ends, since a descriptor may be missing then. */
  #prepareMetrics(): void {
    if (this.#hasAskedForMetrics) return;
    this.#hasAskedForMetrics = true;
    this.transfers.histograms().catch((error: unknown) => {
      this.#hasAskedForMetrics = false;
      this.#log.logger.warn(
        { err: error },
        "metrics aren't loaded yet; the next transfer, /metrics and /stats try again",
      );
    });
  }

  onStart(worker: number): void {
    this.#ledger.start(worker);
  }

  onReady(worker: number, numbers: WorkerNumbers): void {
    this.#ledger.record(worker, numbers);
  }

  /** Releases everything a worker held. */
  onExit(worker: number, how: string): void {
    this.transfers.failAllOf(worker, `The worker ${worker} ${how}.`);
    this.#ledger.leave(worker);
    this.#budget.forget(worker);
    this.#tokens.forget(worker);
    this.#files.onExit(worker);
  }

  /** Stops all jobs, and all builds of prepared files. */
  async close(): Promise<void> {
    await this.#jobs.close();
    await this.#files.close();
  }

  /** Starts no more jobs; resolves when none runs. */
  async drainJobs(): Promise<void> {
    await this.#jobs.drain();
  }

  /**
   * The transfer of that id. A client may know the id before the note of its start arrives here, so all workers are asked
   * before an id counts as unknown: what a worker sent earlier arrives before its answer.
   */
  async #transfer({ id, viewer }: AskedRecord): Promise<TransferRecord> {
    if (!this.transfers.has(id)) await this.#askAll((asked) => this.#updateTransfersOf(asked));
    const record = this.transfers.get(id);
    if (!isSeenBy(viewer, record.token)) throw unknownTransfer(id);
    return record;
  }

  async #cancel(asked: AskedRecord): Promise<TransferRecord> {
    const { id } = asked;
    const transfer = await this.#transfer(asked);
    if (transfer.state !== "running") {
      throw new StreamCsvError(
        "SCSV_TRANSFER_ENDED",
        `The transfer "${id}" has already ended: ${transfer.state}.`,
      );
    }
    const worker = this.#pool().workers.find(({ pid }) => pid === transfer.worker);
    worker?.link.note("cancel", id);
    return transfer;
  }

  async #stats(): Promise<ServerStats> {
    await this.#askAll(async ({ pid, link }) => this.#ledger.record(pid, await link.call("numbers", null)));
    const { workers } = this.#ledger;
    const { queued, queueWaitSeconds, allBusySeconds } = this.#pool().placement.backlog;
    const inWorkers = sumOf(workers);
    return {
      uptimeSeconds: (this.#clock.nowMs() - this.#startedAtMs) / 1000,
      workerModel: this.#workerModel,
      workers,
      total: {
        ...inWorkers,
        queued: inWorkers.queued + queued,
        queueWaitSeconds: inWorkers.queueWaitSeconds + queueWaitSeconds,
      },
      backlog: { queued, queueWaitSeconds },
      allBusySeconds,
      exports: await this.transfers.stats(),
      spool: this.#files.usage,
      jobs: await this.#jobs.stats(),
      bufferMemory: { usedBytes: this.#budget.usedBytes, limitBytes: this.#budget.limitBytes },
      connections: this.#pool().connections,
      log: { droppedLines: this.#log.droppedLines + inWorkers.droppedLogLines },
    };
  }

  async #updateTransfersOf({ link }: WorkerHandle): Promise<void> {
    for (const running of await link.call("progress", null)) this.transfers.update(running);
  }

  /** Asks all workers, or only one. Workers that take too long or end meanwhile are skipped. */
  async #askAll(ask: (worker: WorkerHandle) => Promise<void>, only?: number): Promise<void> {
    const asked = this.#pool().workers.filter(({ pid }) => only === undefined || pid === only);
    await Promise.all(asked.map((worker) => settleWithin(ask(worker), answerLimitMs, () => undefined)));
  }
}
