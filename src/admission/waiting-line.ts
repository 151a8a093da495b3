import type { Clock } from "../clock.ts";
import { Occupancy } from "./occupancy.ts";

/** A waiter. Exactly one of the two methods is called, once, and none after `leave`. */
export interface Waiter {
  /** It is this waiter's turn. */
  turn(waitedSeconds: number): void;
  refuse(reason: Error): void;
}

/** The limits of a queue: its length and the longest wait. */
export interface LineLimits {
  readonly queue: number;
  readonly queueTimeoutMs: number;
}

/** A first-come, first-served queue of bounded length. No waiter waits longer than the time-out. */
export class WaitingLine {
  readonly #limits: LineLimits;
  readonly #tooLate: () => Error;
  readonly #waiting: Occupancy;
  /** In order of arrival. Each value removes its waiter's timer and returns the seconds waited. */
  readonly #leave = new Map<Waiter, () => number>();

  /** @param tooLate makes the error of a waiter whose time is over */
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

  /** Total waiting time of former and current waiters: the integral of the queue's length. */
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

  /** Removes a waiter, and returns how many seconds it waited. */
  leave(waiter: Waiter): number {
    const waitedSeconds = this.#leave.get(waiter)?.() ?? 0;
    this.#leave.delete(waiter);
    return waitedSeconds;
  }

  /** Gives the first waiter its turn, if there is one. */
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
