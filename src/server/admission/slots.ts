import type { Clock } from "../../clock.ts";
import { StreamCsvError } from "../../errors.ts";
import type { Occupancy } from "../../metrics/occupancy.ts";

/** A place for one export, until it is released. */
export interface Slot {
  readonly queueWaitSeconds: number;
  /** Gives the slot back and tells for how many seconds it was held. */
  release(): number;
}

interface Waiting {
  grant(): void;
  refuse(reason: Error): void;
}

/** How many exports may run and wait at once in a worker, and for how long they wait. */
export interface SlotLimits {
  readonly slots: number;
  readonly queue: number;
  readonly queueTimeoutMs: number;
}

/**
 * Admits exports: so many at once, so many waiting in order of arrival, none longer than the time-out.
 * Who can't be admitted is told when to come again, from how long exports lately took.
 */
export class Slots {
  readonly #limits: SlotLimits;
  readonly #occupancy: Occupancy;
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #queueWaitSeconds = 0;
  #recentHeldSeconds = 1;
  #closedFor: Error | undefined;

  constructor(limits: SlotLimits, occupancy: Occupancy, clock: Clock) {
    this.#limits = limits;
    this.#occupancy = occupancy;
    this.#clock = clock;
  }

  /** Exports waiting now. */
  get queued(): number {
    return this.#waiting.size;
  }

  /** Time that exports have waited, in sum. */
  get queueWaitSeconds(): number {
    return this.#queueWaitSeconds;
  }

  /**
   * Waits for a slot; aborting `signal` gives up the place in the queue.
   * @throws StreamCsvError `SCSV_BUSY` when the queue is full or the wait too long; the signal's reason when aborted
   */
  async acquire(signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    if (this.#closedFor !== undefined) throw this.#closedFor;
    if (this.#occupancy.busy < this.#limits.slots) return this.#grant(0);
    if (this.#waiting.size >= this.#limits.queue) throw this.#busy("the queue is full");
    return await this.#wait(signal);
  }

  /** Refuses who waits and whoever comes, for a reason; slots that are held stay held. */
  close(reason: Error): void {
    this.#closedFor = reason;
    for (const waiting of this.#waiting) waiting.refuse(reason);
  }

  #wait(signal: AbortSignal): Promise<Slot> {
    return new Promise((resolve, reject) => {
      const sinceMs = this.#clock.nowMs();
      const leave = (): void => {
        this.#waiting.delete(waiting);
        clearTimeout(timer);
        signal.removeEventListener("abort", giveUp);
        this.#queueWaitSeconds += (this.#clock.nowMs() - sinceMs) / 1000;
      };
      const giveUp = (): void => {
        leave();
        reject(signal.reason as Error);
      };
      const timer = setTimeout(() => {
        leave();
        reject(this.#busy(`none came free within ${this.#limits.queueTimeoutMs / 1000} s`));
      }, this.#limits.queueTimeoutMs);
      const waiting: Waiting = {
        refuse: (reason) => {
          leave();
          reject(reason);
        },
        grant: () => {
          leave();
          resolve(this.#grant((this.#clock.nowMs() - sinceMs) / 1000));
        },
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#waiting.add(waiting);
    });
  }

  #grant(queueWaitSeconds: number): Slot {
    const giveBack = this.#occupancy.take();
    let heldSeconds: number | undefined;
    const release = (): number => {
      if (heldSeconds === undefined) {
        heldSeconds = giveBack();
        this.#recentHeldSeconds += (heldSeconds - this.#recentHeldSeconds) / 8;
        const [next] = this.#waiting;
        next?.grant();
      }
      return heldSeconds;
    };
    return { queueWaitSeconds, release };
  }

  #busy(why: string): StreamCsvError {
    const { slots } = this.#limits;
    const retryAfterSeconds = Math.max(
      1,
      Math.ceil((this.#recentHeldSeconds * (this.#waiting.size + 1)) / slots),
    );
    const message = `All ${slots} slots for exports of this worker are taken, and ${why}.`;
    return new StreamCsvError("SCSV_BUSY", message, { retryAfterSeconds });
  }
}
