/** What `GET /stats` answers: numbers since the server started, the same from whichever worker answers. */
export interface ServerStats {
  readonly uptimeSeconds: number;
  readonly workers: readonly WorkerStats[];
  /** The workers' numbers in sum; a peak in sum is the sum of peaks. */
  readonly total: WorkerNumbers;
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
  /** Exports waiting for a slot. */
  readonly queued: number;
  /** Slot time, granted until released, of exports that ended and of those that still run. */
  readonly heldSeconds: number;
  /** Integral over time of the number of busy slots, kept apart from `heldSeconds` as a check on it. */
  readonly busySlotSeconds: number;
  /** Time exports waited for a slot. */
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
