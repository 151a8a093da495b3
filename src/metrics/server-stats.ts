/** What `GET /stats` answers: numbers since the server started, the same from whichever worker answers. */
export interface ServerStats {
  readonly uptimeSeconds: number;
  readonly workerModel: "async" | "sync";
  readonly workers: readonly WorkerStats[];
  /**
   * The workers' numbers in sum; a peak in sum is the sum of peaks. The queue of sync workers is the primary's: it counts
   * here and in none of them.
   */
  readonly total: WorkerNumbers;
  /** Time in which every sync worker was taken, so that the next connection had to wait; null with async workers. */
  readonly allBusySeconds: number | null;
  readonly exports: readonly ExportStats[];
  readonly spool: { readonly files: number; readonly bytes: number; readonly limitBytes: number };
  readonly bufferMemory: { readonly usedBytes: number; readonly limitBytes: number };
}

/** One worker process. */
export interface WorkerStats extends WorkerNumbers {
  readonly pid: number;
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
}

/** What became of the transfers of one export by one delivery. */
export interface ExportStats {
  readonly name: string;
  readonly delivery: "streaming" | "buffered" | "file";
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
}
