import { EventQueue } from "./event-queue.ts";

/** Slots that downloads hold while their clients read; they are granted in the order of the requests. */
export class DownloadSlots {
  readonly #free = new EventQueue<null>();

  constructor(slots: number) {
    for (let slot = 0; slot < slots; slot += 1) this.#free.add(0, null);
  }

  /**
   * Takes the slot that is free first. Calls come in the order of their time.
   * @returns how long the download waits for it
   */
  take(nowSeconds: number, holdSeconds: number): number {
    const freeSeconds = this.#free.next()?.atSeconds ?? nowSeconds;
    const startSeconds = Math.max(nowSeconds, freeSeconds);
    this.#free.add(startSeconds + holdSeconds, null);
    return startSeconds - nowSeconds;
  }
}
