/** Something that can be measured: each call starts it afresh. */
export interface Target {
  /** What the result file calls it: the command line, or the address. */
  readonly command: string;
  start(signal: AbortSignal): Promise<RunningTarget>;
  /** The same with so many workers that take one connection each; absent where there are no such workers. */
  withSyncWorkers?(workers: number): Target;
}

/** A target that answers. */
export interface RunningTarget {
  /** `http://HOST:PORT`. */
  readonly origin: string;
  /** Its first process; its descendants belong to it too. */
  readonly pid: number;
  /** The last lines it wrote to standard error. */
  lastWords(): string;
  /** Ends it and every process it started; resolves when none is left, and never rejects. */
  stop(): Promise<void>;
}
