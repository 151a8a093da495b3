import type { Clock } from "../clock.ts";
import { Occupancy } from "./occupancy.ts";

/** Who stands in line; one of the two is called, once, and never after `leave`. */
export interface Waiter {
  /** It is this one's turn, after a wait of so many seconds. */
  turn(waitedSeconds: number): void;
  refuse(reason: Error): void;
}

/** How many may wait, and for how long. */
export interface LineLimits {
  readonly queue: number;
  readonly queueTimeoutMs: number;
}

/** First come, first served: a line of bounded length, in which nobody waits longer than the time-out. */
export class WaitingLine {
  readonly #limits: LineLimits;
  readonly #tooLate: () => Error;
  readonly #waiting: Occupancy;
  /** In order of arrival; what takes each out of the line and tells how many seconds it stood there. */
  readonly #leave = new Map<Waiter, () => number>();

  /** @param tooLate what those are told who have waited for too long */
  constructor(limits: LineLimits, clock: Clock, tooLate: () => Error) {
    this.#limits = limits;
    this.#tooLate = tooLate;
    this.#waiting = new Occupancy(clock);
  }

  get length(): number {
    return this.#leave.size;
  }

  get isFull(): boolean {
    return this.length >= this.#limits.queue;
  }

  /** Time spent in line, by those that have left it and those that stand in it: the integral of its length. */
  get waitedSeconds(): number {
    return this.#waiting.heldSeconds;
  }

  join(waiter: Waiter): void {
    const tellWait = this.#waiting.take();
    const timer = setTimeout(() => {
      this.leave(waiter);
      waiter.refuse(this.#tooLate());
    }, this.#limits.queueTimeoutMs);
    this.#leave.set(waiter, () => {
      clearTimeout(timer);
      return tellWait();
    });
  }

  /** Steps out of the line, and tells after how many seconds. */
  leave(waiter: Waiter): number {
    const waitedSeconds = this.#leave.get(waiter)?.() ?? 0;
    this.#leave.delete(waiter);
    return waitedSeconds;
  }

  /** Gives the first in line its turn, if there is one. */
  callNext(): void {
    const [next] = this.#leave.keys();
    next?.turn(this.leave(next));
  }

  refuseAll(reason: Error): void {
    for (const waiter of this.#leave.keys()) {
      this.leave(waiter);
      waiter.refuse(reason);
    }
  }
}
