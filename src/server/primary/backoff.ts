import type { Clock } from "../../clock.ts";

/** A worker that ends sooner than this after its start has failed early. */
const youngMs = 10_000;
const firstDelayMs = 100;
const longestDelayMs = 5000;

/**
 * The delay before a dead worker is replaced: none the first time, then doubling while the replacements fail early.
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

  /** The worker has ended. Returns the milliseconds until the next one may start. */
  died(): number {
    if (this.#clock.nowMs() - this.#startedMs >= youngMs) this.#nextDelayMs = 0;
    const delayMs = this.#nextDelayMs;
    this.#nextDelayMs = delayMs === 0 ? firstDelayMs : Math.min(longestDelayMs, delayMs * 2);
    return delayMs;
  }
}
