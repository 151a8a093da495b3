/** What `GET /stats` answers, and `GET /metrics` in Prometheus' words: numbers since the server started. */
export interface ServerStats {
  readonly uptimeSeconds: number;
  readonly workerModel: "async" | "sync";
  /** One entry a place for a worker; a worker that died and the one that replaced it share their place. */
  readonly workers: readonly WorkerStats[];
  /**
   * The workers' numbers in sum; a peak in sum is the sum of peaks, a delay that of the worst. The queue of sync workers is
   * the primary's: it counts here and in none of them.
   */
  readonly total: WorkerNumbers;
  /** Connections that wait in the primary for a worker, and how long such waits were and are, in sum. */
  readonly backlog: { readonly queued: number; readonly queueWaitSeconds: number };
  /** Time in which every sync worker was taken, so that the next connection had to wait; null with async workers. */
  readonly allBusySeconds: number | null;
  readonly exports: readonly ExportStats[];
  readonly spool: {
    readonly files: number;
    readonly bytes: number;
    readonly limitBytes: number;
    /** Files being made now, each by a process of its own. */
    readonly builds: number;
  };
  readonly bufferMemory: { readonly usedBytes: number; readonly limitBytes: number };
  readonly connections: {
    /** Open now, those that wait for a worker among them. */
    readonly open: number;
    readonly limit: number;
    /** Refused since there were as many as may be. */
    readonly refused: number;
  };
  /** Lines of the log that nobody took in time, of the primary and all workers. */
  readonly log: { readonly droppedLines: number };
}

/** One worker, with what those before it in its place did: what counts up never goes back when a worker dies. */
export interface WorkerStats extends WorkerNumbers {
  /** Its place, from 0; it stays when the process is replaced. */
  readonly worker: number;
  /** The process, or the last one while there is none. */
  readonly pid: number;
  readonly isRunning: boolean;
  /** Processes that took the place of one that died. */
  readonly restarts: number;
  /** How old the numbers are: a worker in the midst of a long piece of work is not waited for. */
  readonly ageSeconds: number;
}

/** What one worker did and holds. */
export interface WorkerNumbers {
  readonly slots: number;
  readonly busySlots: number;
  /** Exports waiting for a slot; connections waiting for a sync worker. */
  readonly queued: number;
  /** Slot time, of those that gave theirs back and of those that still hold one. */
  readonly heldSeconds: number;
  /** Integral over time of the number of busy slots, kept apart from `heldSeconds` as a check on it. */
  readonly busySlotSeconds: number;
  /** Time they have waited, those that still wait too. */
  readonly queueWaitSeconds: number;
  /** Time the event loop was not idle. */
  readonly loopSeconds: number;
  readonly cpuSeconds: number;
  readonly gcSeconds: number;
  readonly residentBytes: number;
  /** Highest resident size since the process started. */
  readonly peakResidentBytes: number;
  readonly heapUsedBytes: number;
  /** Memory of chunks and bodies, which lies outside the heap. */
  readonly arrayBuffersBytes: number;
  /** How late the event loop came to its timers lately, within the last 15 to 30 seconds. */
  readonly loopDelayP50Seconds: number;
  readonly loopDelayP99Seconds: number;
  readonly loopDelayMaxSeconds: number;
  /** Lines of its log that nobody took in time. */
  readonly droppedLogLines: number;
}

/** What became of the transfers of one export by one delivery. */
export interface ExportStats {
  readonly name: string;
  readonly delivery: "streaming" | "buffered" | "file";
  /** Transfers that run now. */
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
  /** Slot granted until the first byte was written, of those that had one. */
  readonly firstByteSeconds: Distribution;
  /** Slot granted until released. */
  readonly durationSeconds: Distribution;
  /** Asked for a slot until it was granted. */
  readonly queueWaitSeconds: Distribution;
}

/** How values are spread; each bucket counts all values up to its bound, as Prometheus' histograms do. */
export interface Distribution {
  readonly count: number;
  readonly sum: number;
  /** In ascending order; values above the last bound are in `count` only. */
  readonly buckets: readonly { readonly upTo: number; readonly count: number }[];
}
