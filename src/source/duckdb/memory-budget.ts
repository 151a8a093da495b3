/** The most memory of all DuckDB databases of a process together. */
const budgetBytes = 512 * 1024 * 1024;

/** Distributes a fixed amount of memory. A caller that reserves some must return exactly that amount. */
export class MemoryBudget {
  readonly totalBytes: number;
  #reservedBytes = 0;

  constructor(totalBytes = budgetBytes) {
    this.totalBytes = totalBytes;
  }

  get freeBytes(): number {
    return this.totalBytes - this.#reservedBytes;
  }

  /** Returns false and reserves nothing if there is not enough. */
  reserve(bytes: number): boolean {
    if (bytes > this.freeBytes) return false;
    this.#reservedBytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#reservedBytes -= bytes;
  }
}
