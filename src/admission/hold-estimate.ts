/** Foretells when a slot will be free, from how long slots were lately held. */
export class HoldEstimate {
  #recentSeconds = 1;

  /** A slot was held for so long. */
  note(heldSeconds: number): void {
    this.#recentSeconds += (heldSeconds - this.#recentSeconds) / 8;
  }

  /** When it is worth coming again, with so many waiting for so many slots: whole seconds, at least one. */
  retryAfterSeconds(waiting: number, slots: number): number {
    return Math.max(1, Math.ceil((this.#recentSeconds * (waiting + 1)) / slots));
  }
}
