import type { Clock } from "../clock.ts";
import { StreamCsvError } from "../errors.ts";
import type { Occupancy } from "./occupancy.ts";
import { HoldEstimate } from "./hold-estimate.ts";
import type { Slot, Slots } from "./slots.ts";
import { WaitingLine, type LineLimits } from "./waiting-line.ts";

/** How many exports may run and wait at once in a worker, and how long they may wait. */
export interface SlotLimits extends LineLimits {
  readonly slots: number;
  /** Names the slots in messages. @default "slots for exports of this worker" */
  readonly what?: string;
  /** What makes more of them, for the hint. @default what the catalog of faults says */
  readonly remedy?: string;
}

/**
 * The export slots of an async worker. When all are taken, exports wait in order of arrival, up to the queue's length
 * and the time-out. A refused export gets a `Retry-After` estimated from recent hold times.
 */
export class ExportSlots implements Slots {
  readonly #limits: SlotLimits;
  readonly #occupancy: Occupancy;
  readonly #line: WaitingLine;
  readonly #holds = new HoldEstimate();
  #closedFor: Error | undefined;

  constructor(limits: SlotLimits, occupancy: Occupancy, clock: Clock) {
    this.#limits = limits;
    this.#occupancy = occupancy;
    this.#line = new WaitingLine(limits, clock, () =>
      this.#busy(`none came free within ${limits.queueTimeoutMs / 1000} s`),
    );
  }

  get limit(): number {
    return this.#limits.slots;
  }

  get queued(): number {
    return this.#line.length;
  }

  get queueWaitSeconds(): number {
    return this.#line.waitedSeconds;
  }

  async acquire(signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    if (this.#closedFor !== undefined) throw this.#closedFor;
    if (this.#occupancy.busy < this.#limits.slots) return this.#grant(0);
    if (this.#line.isFull) throw this.#busy("the queue is full");
    return await this.#wait(signal);
  }

  close(reason: Error): void {
    this.#closedFor = reason;
    this.#line.refuseAll(reason);
  }

  #wait(signal: AbortSignal): Promise<Slot> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#line.leave(waiter);
        reject(signal.reason as Error);
      };
      const waiter = {
        turn: (waitedSeconds: number): void => {
          signal.removeEventListener("abort", giveUp);
          resolve(this.#grant(waitedSeconds));
        },
        refuse: (reason: Error): void => {
          signal.removeEventListener("abort", giveUp);
          reject(reason);
        },
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#line.join(waiter);
    });
  }

  #grant(queueWaitSeconds: number): Slot {
    const giveBack = this.#occupancy.take();
    let heldSeconds: number | undefined;
    const release = (): number => {
      if (heldSeconds === undefined) {
        heldSeconds = giveBack();
        this.#holds.note(heldSeconds);
        this.#line.callNext();
      }
      return heldSeconds;
    };
    return { queueWaitSeconds, release };
  }

  #busy(why: string): StreamCsvError {
    const { slots, what = "slots for exports of this worker", remedy } = this.#limits;
    const retryAfterSeconds = this.#holds.retryAfterSeconds(this.#line.length, slots);
    const message = `All ${slots} ${what} are taken, and ${why}.`;
    return new StreamCsvError("SCSV_BUSY", message, {
      retryAfterSeconds,
      ...(remedy === undefined ? {} : { hint: `Try again after the seconds in Retry-After, or ${remedy}.` }),
    });
  }
}
