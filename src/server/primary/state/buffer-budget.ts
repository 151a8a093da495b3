/** The memory that buffered bodies of all workers may take together; kept by the primary. */
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

  /** Grants from `atLeast` to `wanted` bytes, or 0 when fewer than `atLeast` are left. */
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

  /** Takes back all that a worker held, when it has died. */
  forget(worker: number): void {
    this.#usedByWorker.delete(worker);
  }
}
