/** A place for one export, until it is released. */
export interface Slot {
  /** How long it was waited for. */
  readonly queueWaitSeconds: number;
  /** Says that the export is over, and tells for how many seconds the slot was held for it. */
  release(): number;
}

/** The places for exports in one worker. */
export interface Slots {
  /** How many there are. */
  readonly limit: number;
  /** Exports waiting for one now. */
  readonly queued: number;
  /** Time that exports have waited and still wait, in sum. */
  readonly queueWaitSeconds: number;
  /**
   * Waits for a slot; aborting `signal` gives up the wait.
   * @throws StreamCsvError `SCSV_BUSY` when there is none to be had; the signal's reason when aborted
   */
  acquire(signal: AbortSignal): Promise<Slot>;
  /** Refuses who waits and whoever comes, for a reason; slots that are held stay held. */
  close(reason: Error): void;
}
