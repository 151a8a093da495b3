import { setImmediate } from "node:timers";
import type { Clock } from "../clock.ts";

/**
 * All bodies together may use the event loop for this long. The chunk in progress is finished first, so the total
 * stays below 5 ms.
 */
const sliceMs = 2;

/**
 * Makes work that never waits yield the event loop after each time slice.
 *
 * It measures time instead of counting chunks, because a chunk may take a microsecond or a second; reading the clock
 * costs a fraction of a microsecond. Waiting bodies share one slice in each turn of the loop. So when many clients
 * become writable at once, a short request waits for one slice in total, not for one slice of each body.
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

  /**
   * Yields to the event loop, for several turns if others are queued ahead; then the rest of a slice begins.
   * @param onWait gets a function that removes this waiter from the queue, if its turn is no longer needed
   */
  async yield(onWait?: (leave: () => void) => void): Promise<void> {
    this.#sliceStartMs = await turnsOf(this.#clock).next(onWait);
  }
}

/**
 * The most waiters that proceed in one turn of the event loop; the others follow in the next turn, which comes at
 * once.
 */
const mostInTurn = 64;

type Go = (sliceStartMs: number) => void;

/** The queue of waiters for a turn of the event loop, in order of arrival. Every operation takes constant time. */
class Turns {
  readonly #clock: Clock;
  readonly #waiting = new Set<Go>();
  #sliceStartMs = 0;
  #isTurnAhead = false;
  #callsAhead = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Resolves with the start of the slice that is shared in that turn. It never resolves after its waiter was removed.
   */
  next(onWait?: (leave: () => void) => void): Promise<number> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      this.#comeBack();
      onWait?.(() => void this.#waiting.delete(resolve));
    });
  }

  /**
   * Only a turn of the loop handles input and timers; microtasks don't. Node runs microtasks between two immediates. The global
   * function may be one of a test's timers, which stand still.
   */
  #comeBack(): void {
    if (!this.#isTurnAhead) setImmediate(() => this.#begin());
    this.#isTurnAhead = true;
    if (this.#callsAhead >= Math.min(mostInTurn, this.#waiting.size)) return;
    this.#callsAhead += 1;
    setImmediate(() => this.#letOneGo());
  }

  #begin(): void {
    this.#isTurnAhead = false;
    this.#callsAhead = 0;
    this.#sliceStartMs = this.#clock.nowMs();
  }

  #letOneGo(): void {
    const [first] = this.#waiting;
    if (first !== undefined && this.#clock.nowMs() - this.#sliceStartMs < sliceMs) {
      this.#waiting.delete(first);
      first(this.#sliceStartMs);
    }
    if (this.#waiting.size > 0) this.#comeBack();
  }
}

/** Shared by all bodies with the same clock. */
const turns = new WeakMap<Clock, Turns>();

function turnsOf(clock: Clock): Turns {
  const known = turns.get(clock);
  if (known !== undefined) return known;
  const made = new Turns(clock);
  turns.set(clock, made);
  return made;
}
