import type { Clock } from "../../../clock.ts";
import type { Occupancy } from "../../../admission/occupancy.ts";
import type { Slot, Slots } from "../../../admission/slots.ts";

/**
 * The one slot of a sync worker. A connection takes it on its arrival and has it until it is given up, whatever its
 * client asks for; an export on it finds its slot taken already. Who has to wait waits in the primary, not here.
 */
export class ConnectionSlot implements Slots {
  readonly limit = 1;
  readonly queued = 0;
  readonly queueWaitSeconds = 0;
  readonly #occupancy: Occupancy;
  readonly #clock: Clock;
  #connection: Slot = { queueWaitSeconds: 0, release: () => 0 };
  #closedFor: Error | undefined;

  constructor(occupancy: Occupancy, clock: Clock) {
    this.#occupancy = occupancy;
    this.#clock = clock;
  }

  /**
   * A connection has come, after a wait in the primary; the function gives the slot back and tells for how many seconds
   * it was held.
   */
  take(queueWaitSeconds: number): () => number {
    const giveBack = this.#occupancy.take();
    const startedAtMs = this.#clock.nowMs();
    let heldSeconds: number | undefined;
    // An export is over when its last byte is with the kernel; the connection is closed within the same millisecond.
    const release = (): number => heldSeconds ?? (this.#clock.nowMs() - startedAtMs) / 1000;
    this.#connection = { queueWaitSeconds, release };
    return () => {
      heldSeconds = giveBack();
      return heldSeconds;
    };
  }

  async acquire(signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    if (this.#closedFor !== undefined) throw this.#closedFor;
    return await Promise.resolve(this.#connection);
  }

  close(reason: Error): void {
    this.#closedFor = reason;
  }
}
