/** A source of time. It is a parameter, so that a test can control it. */
export interface Clock {
  /** Monotonic time in milliseconds with a fraction, from an arbitrary start. */
  nowMs(): number;
  /** Time of day, in milliseconds since 1970. */
  wallMs(): number;
}

/** The machine's own clocks. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
};
