/** A slot for one export, until it is released. */
export interface Slot {
  /** How long the export waited for it. */
  readonly queueWaitSeconds: number;
  /** Ends the export's use of the slot, and returns how many seconds the export held it. */
  release(): number;
}

/** The export slots of one worker. */
export interface Slots {
  /** Number of slots. */
  readonly limit: number;
  /** Number of exports that wait for a slot now. */
  readonly queued: number;
  /** Total time exports have waited for a slot, including current waits. */
  readonly queueWaitSeconds: number;
  /**
   * Waits for a slot; aborting `signal` gives up the wait.
   * @throws StreamCsvError `SCSV_BUSY` when no slot can be had; the signal's reason when aborted
   */
  acquire(signal: AbortSignal): Promise<Slot>;
  /** Refuses all waiting and future exports with this reason; exports that hold a slot keep it. */
  close(reason: Error): void;
}
