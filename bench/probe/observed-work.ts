/** What something beside a server did for its exports; null is what can't be known of it. */
export interface ObservedWork {
  readonly cpuSeconds: number | null;
  /** The most private memory it held, over what it held before. */
  readonly peakBytes: number | null;
  /** Of a database: time in which connections ran a statement or kept a transaction open, summed. */
  readonly heldSeconds: number | null;
  /** Of a database: the most that temporary files took. */
  readonly temporaryBytes: number | null;
}

/** Something beside the servers, whose work is measured: a tree of processes, or a database. */
export interface Observer {
  readonly name: string;
  /** What can't be known of it and why, a sentence each. */
  readonly caveats: readonly string[];
  /** Watches until the returned function is called, which gives what was done since. */
  watch(): Promise<() => Promise<ObservedWork>>;
  /** Closes what it needs for that; never rejects. */
  close(): Promise<void>;
}

/** The work of several observers as one: the sums of what is known. */
export function sumOfWork(works: readonly ObservedWork[]): ObservedWork {
  const sum = (of: (work: ObservedWork) => number | null): number | null => {
    const known = works.flatMap((work) => of(work) ?? []);
    return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
  };
  return {
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
    peakBytes: sum(({ peakBytes }) => peakBytes),
    heldSeconds: sum(({ heldSeconds }) => heldSeconds),
    temporaryBytes: sum(({ temporaryBytes }) => temporaryBytes),
  };
}
