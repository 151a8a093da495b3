import type { Slot, Slots } from "../../../admission/slots.ts";
import type { Link } from "../../../ipc/link.ts";
import type { Caller } from "../../access/caller.ts";
import type { PrimaryMethods, PrimaryNotes } from "../../protocol/messages.ts";

/** The slots of this worker, together with those of the caller's token, which the primary counts over all workers. */
export class CallerSlots {
  readonly #slots: Slots;
  readonly #primary: Link<PrimaryMethods, PrimaryNotes>;

  constructor(slots: Slots, primary: Link<PrimaryMethods, PrimaryNotes>) {
    this.#slots = slots;
    this.#primary = primary;
  }

  /**
   * Takes a slot of the caller's token, if those are limited, and waits for one of this worker.
   * @throws StreamCsvError `SCSV_TOKEN_LIMIT` at once if the token has none; what {@link Slots.acquire} throws
   */
  async acquire({ token, limits }: Caller, signal: AbortSignal): Promise<Slot> {
    if (token === null || limits === null) return await this.#slots.acquire(signal);
    const startMs = await this.#primary.call("takeTokenSlot", { token, ...limits });
    const slot = await this.#slots.acquire(signal).catch((error: unknown) => {
      this.#primary.note("giveUpTokenSlot", { token, startMs });
      throw error;
    });
    let isHeld = true;
    const release = (): number => {
      const heldSeconds = slot.release();
      if (isHeld) this.#primary.note("returnTokenSlot", { token, heldSeconds });
      isHeld = false;
      return heldSeconds;
    };
    return { queueWaitSeconds: slot.queueWaitSeconds, release };
  }
}
