interface Entry<T> {
  readonly atSeconds: number;
  readonly order: number;
  readonly event: T;
}

/** Events by their time; those of one time come in the order in which they were added. A binary heap. */
export class EventQueue<T> {
  readonly #heap: Entry<T>[] = [];
  #added = 0;

  add(atSeconds: number, event: T): void {
    this.#added += 1;
    const entry = { atSeconds, order: this.#added, event };
    let at = this.#heap.length;
    this.#heap.push(entry);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#heap[parentAt]!;
      if (!isBefore(entry, parent)) break;
      this.#heap[at] = parent;
      at = parentAt;
    }
    this.#heap[at] = entry;
  }

  /** Removes the earliest event; undefined when there is none. */
  next(): { readonly atSeconds: number; readonly event: T } | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined || this.#heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      const least = this.#isBefore(right, left) ? right : left;
      const child = this.#heap[least];
      if (child === undefined || !isBefore(child, last)) break;
      this.#heap[at] = child;
      at = least;
    }
    this.#heap[at] = last;
    return first;
  }

  #isBefore(one: number, other: number): boolean {
    const [entry, otherEntry] = [this.#heap[one], this.#heap[other]];
    return entry !== undefined && otherEntry !== undefined && isBefore(entry, otherEntry);
  }
}

function isBefore(one: Entry<unknown>, other: Entry<unknown>): boolean {
  return one.atSeconds < other.atSeconds || (one.atSeconds === other.atSeconds && one.order < other.order);
}
