/** Times of the engine, in milliseconds. */
export interface RedisTimings {
  /** For how long a request asks Redis again before it is refused; one more second for the last answer. */
  readonly askMs: number;
  /** How often a running job reports its progress, and looks whether it was cancelled. */
  readonly beatMs: number;
  /** For how long a running job whose lock is gone may give no sign of life before it is taken over. */
  readonly silenceMs: number;
  /** For how long BullMQ's lock lasts; it is renewed at half of it. */
  readonly lockMs: number;
  /** How often BullMQ looks for jobs without a lock. */
  readonly stalledMs: number;
  /** How often results expire; only one machine looks. */
  readonly sweepMs: number;
  /** How long the end may take while Redis is away. */
  readonly closeMs: number;
}

/** A job whose process died is taken over after about 25 s. */
export const usualTimings: RedisTimings = {
  askMs: 1000,
  beatMs: 1000,
  silenceMs: 5000,
  lockMs: 15_000,
  stalledMs: 5000,
  sweepMs: 1000,
  closeMs: 3000,
};
