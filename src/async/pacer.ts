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

  /**
   * Gives the event loop its turn, and more than one where others came before; then what is left of a slice begins.
   * @param onWait is given what takes this waiter out of the line, when nobody needs its turn any more
   */
  async yield(onWait?: (leave: () => void) => void): Promise<void> {
    this.#sliceStartMs = await this.#turns.next(onWait);
  }
}

/** Waiters that one turn of the event loop lets go at the most; the rest come in the next, which follows at once. */
const mostInTurn = 64;

type Go = (sliceStartMs: number) => void;

/** Turns of the event loop and those who wait for one, first come, first served; each step costs the same for any number. */
class Turns {
  readonly #clock: Clock;
  readonly #waiting = new Set<Go>();
  #sliceStartMs = 0;
  #isTurnAhead = false;
  #callsAhead = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Gives the beginning of the slice that is shared in the turn in which it resolves; never, after its waiter has left. */
  next(onWait?: (leave: () => void) => void): Promise<number> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      this.#comeBack();
      onWait?.(() => void this.#waiting.delete(resolve));
    });
  }

  /** Microtasks don't let input and timers in, only a turn of the loop does; between two of its calls they are run. */
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

/** One for all bodies that have the same clock. */
const turns = new WeakMap<Clock, Turns>();

function turnsOf(clock: Clock): Turns {
  const known = turns.get(clock) ?? new Turns(clock);
  turns.set(clock, known);
  return known;
}
