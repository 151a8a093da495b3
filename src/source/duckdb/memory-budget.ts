/** Memory that all DuckDB databases of a process may take together. */
const budgetBytes = 512 * 1024 * 1024;

/** Shares a fixed amount of memory out. Whoever reserves some gives exactly that back. */
export class MemoryBudget {
  readonly totalBytes: number;
  #reservedBytes = 0;

  constructor(totalBytes = budgetBytes) {
    this.totalBytes = totalBytes;
  }

  get freeBytes(): number {
    return this.totalBytes - this.#reservedBytes;
  }

  /** False, and nothing is reserved, when there isn't as much. */
  reserve(bytes: number): boolean {
    if (bytes > this.freeBytes) return false;
    this.#reservedBytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#reservedBytes -= bytes;
  }
}
