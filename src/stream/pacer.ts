import type { Clock } from "../clock.ts";

/**
 * After this long bodies give the event loop away, all of them together. What is at work then is finished first, so that
 * the whole stays below 5 ms.
 */
const sliceMs = 2;

/**
 * Tells when work that never waits has kept the event loop for a slice of time, and lets others have their turn.
 *
 * Time and not a count of chunks: a chunk may take a microsecond or a second. Reading the clock costs a fraction of one.
 * Bodies that wait for their turn share one slice in each turn of the loop: when the kernel lets many clients take more at
 * once, a short request waits for one slice, not for one of each.
 */
export class Pacer {
  readonly #clock: Clock;
  readonly #turns: Turns;
  #sliceStartMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#turns = turnsOf(clock);
    this.#sliceStartMs = clock.nowMs();
  }

  get isDue(): boolean {
    return this.#clock.nowMs() - this.#sliceStartMs >= sliceMs;
  }

  /** Gives the event loop its turn, and more than one where others came before; then what is left of a slice begins. */
  async yield(): Promise<void> {
    this.#sliceStartMs = await this.#turns.next();
  }
}

/** Turns of the event loop and those who wait for one, first come, first served. */
class Turns {
  readonly #clock: Clock;
  readonly #waiting: ((sliceStartMs: number) => void)[] = [];
  #sliceStartMs = 0;
  #isTurnAhead = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Gives the beginning of the slice that is shared in the turn in which it resolves. */
  next(): Promise<number> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#comeBack();
    });
  }

  /** Microtasks don't let input and timers in, only a turn of the loop does; between two of its calls they are run. */
  #comeBack(): void {
    if (!this.#isTurnAhead) setImmediate(() => this.#begin());
    this.#isTurnAhead = true;
    setImmediate(() => this.#letOneGo());
  }

  #begin(): void {
    this.#isTurnAhead = false;
    this.#sliceStartMs = this.#clock.nowMs();
  }

  #letOneGo(): void {
    if (this.#clock.nowMs() - this.#sliceStartMs >= sliceMs) this.#comeBack();
    else this.#waiting.shift()?.(this.#sliceStartMs);
  }
}

/** One for all bodies that have the same clock. */
const turns = new WeakMap<Clock, Turns>();

function turnsOf(clock: Clock): Turns {
  const known = turns.get(clock) ?? new Turns(clock);
  turns.set(clock, known);
  return known;
}
