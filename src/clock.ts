/** Where time comes from; passed in, so that a test can hold it still. */
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
