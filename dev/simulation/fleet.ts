/** A job of the simulation. */
export interface PlannedJob {
  readonly submittedSeconds: number;
  readonly makingSeconds: number;
  readonly bytes: number;
}

/** What runs the jobs, and what goes wrong with it. */
export interface Fleet {
  /** Processes that run jobs, and how many each runs at the same time. */
  readonly workers: number;
  readonly concurrency: number;
  /** Jobs that may wait for their first start; more are refused. */
  readonly queue: number;
  /** How long a worker lives on average; its life is exponentially distributed. Infinity: it never dies. */
  readonly deathEverySeconds: number;
  /** After how long a dead worker is back. */
  readonly restartSeconds: number;
  /** After how long a job of a dead worker is taken over, and how often one job is before it is failed. */
  readonly stallSeconds: number;
  readonly takeovers: number;
  /** The share of attempts that fail by themselves, at their end. */
  readonly failureShare: number;
  /** How often the client of a failed job submits it again, and after how long. */
  readonly resubmits: number;
  readonly resubmitSeconds: number;
  /** How results are downloaded, once each. */
  readonly download: Redirect | HeldSlots;
}

/** Clients download from the store, so no slot of a server is taken. */
interface Redirect {
  readonly kind: "redirect";
}

/** Each download holds a slot of a server as long as its client reads. */
interface HeldSlots {
  readonly kind: "held";
  readonly slots: number;
  readonly clientBytesPerSecond: number;
}

/** A fleet in which nothing goes wrong. */
export const faultlessFleet: Omit<Fleet, "workers" | "concurrency"> = {
  queue: Number.POSITIVE_INFINITY,
  deathEverySeconds: Number.POSITIVE_INFINITY,
  restartSeconds: 0,
  stallSeconds: 25,
  takeovers: 1,
  failureShare: 0,
  resubmits: 0,
  resubmitSeconds: 0,
  download: { kind: "redirect" },
};
