/** The memory that the buffered bodies of all workers may take together. The primary holds it. */
export class BufferBudget {
  readonly limitBytes: number;
  readonly #usedByWorker = new Map<number, number>();

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get usedBytes(): number {
    let used = 0;
    for (const bytes of this.#usedByWorker.values()) used += bytes;
    return used;
  }

  /** Grants from `atLeast` to `wanted` bytes, or 0 if fewer than `atLeast` are left. */
  reserve(worker: number, atLeast: number, wanted: number): number {
    const left = this.limitBytes - this.usedBytes;
    if (left < atLeast) return 0;
    const granted = Math.min(left, Math.max(atLeast, wanted));
    this.#usedByWorker.set(worker, (this.#usedByWorker.get(worker) ?? 0) + granted);
    return granted;
  }

  release(worker: number, bytes: number): void {
    this.#usedByWorker.set(worker, Math.max(0, (this.#usedByWorker.get(worker) ?? 0) - bytes));
  }

  /** Releases all reservations of a worker that has died. */
  forget(worker: number): void {
    this.#usedByWorker.delete(worker);
  }
}
