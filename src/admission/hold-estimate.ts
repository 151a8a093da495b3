/** Estimates when a slot will be free, from how long recent exports held theirs. */
export class HoldEstimate {
  #recentSeconds = 1;

  /** Records how long a slot was held. */
  note(heldSeconds: number): void {
    this.#recentSeconds += (heldSeconds - this.#recentSeconds) / 8;
  }

  /** After how many whole seconds a refused request should try again; at least 1. */
  retryAfterSeconds(waiting: number, slots: number): number {
    return Math.max(1, Math.ceil((this.#recentSeconds * (waiting + 1)) / slots));
  }
}
