import type { JobStats } from "../../job/job-engine.ts";

/** The answer of `GET /stats`, and the source of `GET /metrics`: numbers since the server started. */
export interface ServerStats {
  readonly uptimeSeconds: number;
  readonly workerModel: "async" | "sync";
  /** One entry for each worker; a worker that died and its replacement share one entry. */
  readonly workers: readonly WorkerStats[];
  /**
   * The sum over all workers. A peak is the sum of the peaks, a delay the highest one. The primary holds the queue of
   * sync workers, so it counts here and not in a worker.
   */
  readonly total: WorkerNumbers;
  /** Connections that wait in the primary for a worker, and the total time of former and current waits. */
  readonly backlog: { readonly queued: number; readonly queueWaitSeconds: number };
  /** Time in which every sync worker was busy, so that the next connection had to wait; null with async workers. */
  readonly allBusySeconds: number | null;
  readonly exports: readonly ExportStats[];
  readonly spool: {
    readonly files: number;
    readonly bytes: number;
    readonly limitBytes: number;
    /** Files being built now, each by its own process. */
    readonly builds: number;
    /** Files being sent, counted once for each transfer. */
    readonly leases: number;
  };
  readonly jobs: JobStats;
  readonly bufferMemory: { readonly usedBytes: number; readonly limitBytes: number };
  readonly connections: {
    /** Open now, including those that wait for a worker. */
    readonly open: number;
    readonly limit: number;
    /** Refused because the limit was reached. */
    readonly refused: number;
  };
  /** Log lines of the primary and all workers that were dropped because nobody read them in time. */
  readonly log: { readonly droppedLines: number };
}

/** One worker, including the counts of the processes it replaced, so that no counter falls when a worker dies. */
export interface WorkerStats extends WorkerNumbers {
  /** Its number, from 0; a replacement gets the same number. */
  readonly worker: number;
  /** The process id, or that of the last process while none runs. */
  readonly pid: number;
  readonly isRunning: boolean;
  /** Processes that replaced one that died. */
  readonly restarts: number;
  /** The age of the numbers: the primary doesn't wait for a worker that is busy with a long task. */
  readonly ageSeconds: number;
}

/** The numbers of one worker. */
export interface WorkerNumbers {
  readonly slots: number;
  readonly busySlots: number;
  /** Exports waiting for a slot; connections waiting for a sync worker. */
  readonly queued: number;
  /** Total slot time of former and current holders. */
  readonly heldSeconds: number;
  /** Integral of the number of busy slots over time. It is counted separately, as a check on `heldSeconds`. */
  readonly busySlotSeconds: number;
  /** Total waiting time, including current waits. */
  readonly queueWaitSeconds: number;
  /** Time for which the event loop was not idle. */
  readonly loopSeconds: number;
  readonly cpuSeconds: number;
  readonly gcSeconds: number;
  readonly residentBytes: number;
  /** Highest resident size since the process started. */
  readonly peakResidentBytes: number;
  readonly heapUsedBytes: number;
  /** Memory of chunks and bodies, outside the heap. */
  readonly arrayBuffersBytes: number;
  /** How late the event loop ran its timers within the last 15 to 30 seconds. */
  readonly loopDelayP50Seconds: number;
  readonly loopDelayP99Seconds: number;
  readonly loopDelayMaxSeconds: number;
  /** Log lines that were dropped because nobody read them in time. */
  readonly droppedLogLines: number;
  /** Connections that the worker may have to databases of exports, all together. */
  readonly databaseConnections: number;
  readonly busyDatabaseConnections: number;
  /** Exports that wait for a connection. */
  readonly queuedForDatabase: number;
  /** Time for which exports held connections. */
  readonly databaseHeldSeconds: number;
  /** Time for which exports waited for connections. */
  readonly databaseWaitSeconds: number;
}

/** The transfers of one export by one delivery. */
export interface ExportStats {
  readonly name: string;
  readonly delivery: "streaming" | "buffered" | "file";
  /** Number of running transfers. */
  readonly running: number;
  readonly transfers: {
    readonly completed: number;
    readonly clientGone: number;
    readonly timedOut: number;
    readonly cancelled: number;
    readonly failed: number;
  };
  readonly rows: number;
  readonly bytes: number;
  readonly heldSeconds: number;
  /** From the slot's grant until the first byte was written; transfers without a first byte don't count. */
  readonly firstByteSeconds: Distribution;
  /** From the slot's grant until its release. */
  readonly durationSeconds: Distribution;
  /** From the request for a slot until its grant. */
  readonly queueWaitSeconds: Distribution;
}

/** The distribution of values. Each bucket counts all values up to its bound, as in a Prometheus histogram. */
export interface Distribution {
  readonly count: number;
  readonly sum: number;
  /** In ascending order; values above the last bound are in `count` only. */
  readonly buckets: readonly { readonly upTo: number; readonly count: number }[];
}
