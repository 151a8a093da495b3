import type { Clock } from "../clock.ts";

/** After this long a body gives the event loop away. What it is at then is finished first, so that the whole stays below 5 ms. */
const sliceMs = 2;

/**
 * Tells when work that never waits has kept the event loop for a slice of time, and lets others have their turn.
 *
 * Time and not a count of chunks: a chunk may take a microsecond or a second. Reading the clock costs a fraction of one.
 */
export class Pacer {
  readonly #clock: Clock;
  #sliceStartMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sliceStartMs = clock.nowMs();
  }

  get isDue(): boolean {
    return this.#clock.nowMs() - this.#sliceStartMs >= sliceMs;
  }

  /** Gives the event loop its turn; then a new slice begins. */
  async yield(): Promise<void> {
    // Microtasks don't let input and timers in, only a turn of the loop does.
    await new Promise<void>((resolve) => void setImmediate(resolve));
    this.#sliceStartMs = this.#clock.nowMs();
  }
}
