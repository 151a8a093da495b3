import type { Clock } from "../../clock.ts";
import { StreamCsvError } from "../../errors.ts";
import type { ServerStats, WorkerNumbers, WorkerStats } from "../../metrics/server-stats.ts";
import type { BuiltFile, Spool } from "../../spool/spool.ts";
import { BufferBudget } from "./buffer-budget.ts";
import { buildFile } from "../process/build-file.ts";
import type {
  BuildRequest,
  LeasedFile,
  PrimaryMethods,
  SpoolRequest,
  TransferRecord,
} from "../process/message.ts";
import type { ServerSettings, WorkerModel } from "../settings.ts";
import { TransferRegistry } from "./transfer-registry.ts";
import type { PoolHost, Worker, WorkerPool } from "../process/worker-pool.ts";

/** What the desk wants to know of the workers. */
type Pool = Pick<WorkerPool, "workers" | "placement">;

/** Files made at the same time; each takes a process. */
const mostBuilds = 4;

/**
 * What the primary holds on behalf of all workers, so that each of them gives the same answer: transfers, the spool,
 * the memory of buffered bodies, and the sum of everybody's numbers.
 */
export class Desk implements PoolHost {
  readonly transfers: TransferRegistry;
  readonly #spool: Spool;
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #budget: BufferBudget;
  readonly #workerModel: WorkerModel;
  readonly #pool: () => Pool;
  /** What gives back each leased file, by worker and lease. */
  readonly #leases = new Map<number, Map<number, () => void>>();
  readonly #closing = new AbortController();
  #nextLease = 1;
  #builds = 0;

  constructor(
    { bufferMemoryBytes, workerModel }: ServerSettings,
    spool: Spool,
    clock: Clock,
    pool: () => Pool,
  ) {
    this.transfers = new TransferRegistry(clock);
    this.#spool = spool;
    this.#clock = clock;
    this.#startedAtMs = clock.nowMs();
    this.#budget = new BufferBudget(bufferMemoryBytes);
    this.#workerModel = workerModel;
    this.#pool = pool;
  }

  methods(worker: number): PrimaryMethods {
    return {
      stats: () => this.#stats(),
      transfers: async () => {
        await this.#updateTransfers();
        return this.transfers.list();
      },
      transfer: async (id) => {
        await this.#updateTransfers();
        return this.transfers.get(id);
      },
      cancelTransfer: (id) => this.#cancel(id),
      reserveBuffer: ({ atLeast, wanted }) => this.#budget.reserve(worker, atLeast, wanted),
      acquireSpoolFile: (request) => this.#lease(worker, request),
    };
  }

  notes(worker: number): ReturnType<PoolHost["notes"]> {
    return {
      transferStarted: (start) => this.transfers.start(worker, start),
      transferEnded: (end) => this.transfers.end(end),
      releaseBuffer: (bytes) => this.#budget.release(worker, bytes),
      releaseSpoolFile: (lease) => {
        this.#leases.get(worker)?.get(lease)?.();
        this.#leases.get(worker)?.delete(lease);
      },
    };
  }

  /** Gives back all that a worker held. */
  onExit(worker: number, how: string): void {
    this.transfers.failAllOf(worker, `The worker ${worker} ${how}.`);
    this.#budget.forget(worker);
    for (const release of this.#leases.get(worker)?.values() ?? []) release();
    this.#leases.delete(worker);
  }

  /** Stops files from being built. */
  close(): void {
    this.#closing.abort(new StreamCsvError("SCSV_DRAINING", "The server is shutting down."));
  }

  async #lease(worker: number, request: SpoolRequest): Promise<LeasedFile> {
    const { file, release } = await this.#spool.acquire(request.key, (path, reserve) =>
      this.#build({ ...request, path }, reserve),
    );
    const lease = this.#nextLease;
    this.#nextLease += 1;
    if (this.#pool().workers.some(({ pid }) => pid === worker)) {
      const leases = this.#leases.get(worker) ?? new Map<number, () => void>();
      this.#leases.set(worker, leases.set(lease, release));
    } else {
      release();
    }
    return { ...file, lease };
  }

  async #build(request: BuildRequest, reserve: (bytes: number) => void): Promise<BuiltFile> {
    if (this.#builds >= mostBuilds) {
      const message = `${mostBuilds} files are being made already, which is as many as at once.`;
      throw new StreamCsvError("SCSV_BUSY", message, { retryAfterSeconds: 5, hint: "Try again later." });
    }
    this.#builds += 1;
    try {
      return await buildFile(request, reserve, this.#closing.signal);
    } finally {
      this.#builds -= 1;
    }
  }

  async #cancel(id: string): Promise<TransferRecord> {
    const transfer = this.transfers.get(id);
    if (transfer.state !== "running") {
      throw new StreamCsvError(
        "SCSV_TRANSFER_ENDED",
        `The transfer "${id}" has already ended: ${transfer.state}.`,
      );
    }
    const worker = this.#pool().workers.find(({ pid }) => pid === transfer.worker);
    worker?.link.note("cancel", id);
    return Promise.resolve(transfer);
  }

  async #updateTransfers(): Promise<void> {
    const progress = await this.#askWorkers(({ link }) => link.call("progress", null));
    for (const running of progress.flat()) this.transfers.update(running);
  }

  async #stats(): Promise<ServerStats> {
    const workers = await this.#askWorkers(async ({ pid, link }): Promise<WorkerStats> => ({
      pid,
      ...(await link.call("numbers", null)),
    }));
    const { queued, queueWaitSeconds, allBusySeconds } = this.#pool().placement.backlog;
    const inWorkers = sum(workers);
    return {
      uptimeSeconds: (this.#clock.nowMs() - this.#startedAtMs) / 1000,
      workerModel: this.#workerModel,
      workers,
      // Connections wait in the primary, exports in their worker.
      total: {
        ...inWorkers,
        queued: inWorkers.queued + queued,
        queueWaitSeconds: inWorkers.queueWaitSeconds + queueWaitSeconds,
      },
      allBusySeconds,
      exports: this.transfers.stats(),
      spool: this.#spool.usage,
      bufferMemory: { usedBytes: this.#budget.usedBytes, limitBytes: this.#budget.limitBytes },
    };
  }

  /** Every worker's answer, but for those that end before they give one. */
  async #askWorkers<T>(ask: (worker: Worker) => Promise<T>): Promise<readonly T[]> {
    const answers = await Promise.allSettled(this.#pool().workers.map((worker) => ask(worker)));
    return answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  }
}

function sum(workers: readonly WorkerNumbers[]): WorkerNumbers {
  const total = (field: keyof WorkerNumbers): number => workers.reduce((so, worker) => so + worker[field], 0);
  return {
    slots: total("slots"),
    busySlots: total("busySlots"),
    queued: total("queued"),
    heldSeconds: total("heldSeconds"),
    busySlotSeconds: total("busySlotSeconds"),
    queueWaitSeconds: total("queueWaitSeconds"),
    loopSeconds: total("loopSeconds"),
    cpuSeconds: total("cpuSeconds"),
    gcSeconds: total("gcSeconds"),
    residentBytes: total("residentBytes"),
    peakResidentBytes: total("peakResidentBytes"),
  };
}
