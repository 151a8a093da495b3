import type { Clock } from "../clock.ts";
import { requireObject } from "../check-arguments.ts";

/**
 * Measures the use of a worker's slots in two ways that must agree.
 *
 * *Held* adds up each holder's own time from taken to released; *busy* integrates the number of taken slots over time.
 * Over a window that starts and ends with no slot taken, both are equal; a lost release makes them differ. Memory is
 * constant. Times are in seconds.
 */
export class Occupancy {
  readonly #clock: Clock;
  #busy = 0;
  #busyMs = 0;
  #endedHeldMs = 0;
  /** Sum of the start times of the current holders: their held time is `busy * now - this`. */
  #runningStartsMs = 0;
  #changedAtMs: number;

  constructor(clock: Clock) {
    requireObject("clock", clock, "nowMs");
    this.#clock = clock;
    this.#changedAtMs = clock.nowMs();
  }

  /** Number of slots taken now. */
  get busy(): number {
    return this.#busy;
  }

  /** Slot time of all holders, both finished and current. */
  get heldSeconds(): number {
    return (this.#endedHeldMs + this.#busy * this.#clock.nowMs() - this.#runningStartsMs) / 1000;
  }

  /** Integral of the number of taken slots over time. */
  get busySlotSeconds(): number {
    return (this.#busyMs + this.#busy * (this.#clock.nowMs() - this.#changedAtMs)) / 1000;
  }

  /** Takes a slot. The returned function releases it, once, and returns how many seconds it was held. */
  take(): () => number {
    const startedAtMs = this.#clock.nowMs();
    this.#change(startedAtMs, 1);
    this.#runningStartsMs += startedAtMs;
    let heldMs: number | undefined;
    return () => {
      if (heldMs === undefined) {
        const nowMs = this.#clock.nowMs();
        heldMs = nowMs - startedAtMs;
        this.#change(nowMs, -1);
        this.#runningStartsMs -= startedAtMs;
        this.#endedHeldMs += heldMs;
      }
      return heldMs / 1000;
    };
  }

  #change(nowMs: number, by: 1 | -1): void {
    this.#busyMs += this.#busy * (nowMs - this.#changedAtMs);
    this.#changedAtMs = nowMs;
    this.#busy += by;
  }
}
