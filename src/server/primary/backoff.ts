import type { Clock } from "../../clock.ts";

/** A worker that ends sooner than this after it was started has died young. */
const youngMs = 10_000;
const firstDelayMs = 100;
const longestDelayMs = 5000;

/**
 * How long one place among the workers stays empty: not at all when its worker dies for the first time, later and later
 * while those that follow die young.
 */
export class Backoff {
  readonly #clock: Clock;
  #startedMs = 0;
  #nextDelayMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A worker is started now. */
  started(): void {
    this.#startedMs = this.#clock.nowMs();
  }

  /** The worker is gone: the milliseconds until the next one may be started. */
  died(): number {
    if (this.#clock.nowMs() - this.#startedMs >= youngMs) this.#nextDelayMs = 0;
    const delayMs = this.#nextDelayMs;
    this.#nextDelayMs = delayMs === 0 ? firstDelayMs : Math.min(longestDelayMs, delayMs * 2);
    return delayMs;
  }
}
