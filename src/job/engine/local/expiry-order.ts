/**
 * Ids by the time at which they expire. What expires later is usually added later; where it isn't, because a clock was set or results
 * are kept for a shorter time than before, the order is made anew.
 */
export class ExpiryOrder {
  #times = new Map<string, number>();
  #lastMs = Number.NEGATIVE_INFINITY;
  #isSorted = true;

  /** Adds an id that it doesn't have. */
  add(id: string, atMs: number): void {
    this.#times.set(id, atMs);
    if (atMs < this.#lastMs) this.#isSorted = false;
    else this.#lastMs = atMs;
  }

  delete(id: string): void {
    this.#times.delete(id);
  }

  /** Removes and returns the ids that have expired by then, in their order. */
  takeUntil(nowMs: number): readonly string[] {
    const taken: string[] = [];
    for (const [id, atMs] of this.#sorted()) {
      if (atMs > nowMs) break;
      taken.push(id);
    }
    for (const id of taken) this.#times.delete(id);
    return taken;
  }

  /** The ids, in their order. */
  [Symbol.iterator](): IterableIterator<string> {
    return this.#sorted().keys();
  }

  #sorted(): ReadonlyMap<string, number> {
    if (!this.#isSorted) {
      this.#times = new Map([...this.#times].toSorted(([, one], [, other]) => one - other));
      this.#isSorted = true;
    }
    return this.#times;
  }
}
