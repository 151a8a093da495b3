/** The highest resident size of each process that was seen, by its id. */
export type PeakBytes = ReadonlyMap<number, number>;

/** What the operating system tells of processes. Processes that don't exist have no children, no memory and no CPU time. */
export interface ProcessSampler {
  /** Processes and all their descendants, each once, the given ones first. */
  tree(...rootPids: readonly number[]): Promise<number[]>;
  /** Resident size now, summed over processes. */
  residentBytes(pids: readonly number[]): Promise<number>;
  /** Memory that a process shares with no file and no other process, summed; null where the system doesn't tell it. */
  privateBytes(pids: readonly number[]): Promise<number | null>;
  /** CPU seconds that each process has used since it started, all at one moment; those that have ended are left out. */
  cpuSecondsOfEach(pids: readonly number[]): Promise<ReadonlyMap<number, number>>;
  /** The same with the time in which they waited for a core, as far as the system tells it; less when threads end. */
  wantedSeconds(pids: readonly number[]): Promise<number>;
  /** Whether one of them runs or waits for a core at this moment. How long it waits is known only when it has got one. */
  isRunnable(pids: readonly number[]): Promise<boolean>;
  /** Whether a process's CPU time also has that of its children that ended. */
  readonly countsEndedChildren: boolean;
  /** CPU seconds of children that ended and were waited for, summed; 0 where the system doesn't tell it. */
  endedChildrenSeconds(pids: readonly number[]): Promise<number>;
  /** Page faults of the same children, which show that there were some; 0 where the system doesn't tell it. */
  endedChildrenFaults(pids: readonly number[]): Promise<number>;
  /** The program a process runs, and its parent; null when there is no such process. */
  identify(pid: number): Promise<{ readonly program: string; readonly parentPid: number } | null>;
  /** Which of these processes still exist; a zombie counts as ended. */
  stillRunning(pids: readonly number[]): Promise<number[]>;
  /** The peaks of processes since they were last reset, or what they hold where only a watch knows peaks. */
  peaksNow(pids: readonly number[]): Promise<PeakBytes>;
  /**
   * Watches the memory of processes and their descendants from now on, until the given ones have ended at the latest.
   * @returns a function that ends it and gives the peaks; null where the system doesn't allow it
   */
  watchPeaks(...rootPids: readonly number[]): Promise<(() => Promise<PeakBytes>) | null>;
  /** How its numbers are worse than those of Linux's /proc, as a sentence of the report; null when they aren't. */
  readonly caveat: string | null;
}
