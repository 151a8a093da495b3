import type { Clock } from "../../../clock.ts";
import type { Occupancy } from "../../../admission/occupancy.ts";
import type { Slot, Slots } from "../../../admission/slots.ts";

/**
 * The one slot of a sync worker. A connection holds it from its arrival until it is closed, whatever the client
 * requests; an export on that connection uses the connection's slot. Connections that must wait are queued in the
 * primary, not in the worker.
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
   * Takes the slot for a connection that has waited in the primary. The returned function releases it, and returns
   * how many seconds it was held.
   */
  take(queueWaitSeconds: number): () => number {
    const giveBack = this.#occupancy.take();
    const startedAtMs = this.#clock.nowMs();
    let heldSeconds: number | undefined;
    // An export ends when the kernel has its last byte; the connection is closed within the same millisecond.
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
