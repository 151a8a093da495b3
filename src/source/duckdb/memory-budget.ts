import { StreamCsvError } from "../../errors.ts";

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

  /** The error for a reading that gets no memory. @param isTooMuch whether it would not fit even if nothing else were read */
  refusal(name: string, isTooMuch: boolean): StreamCsvError {
    const total = `${this.totalBytes / 2 ** 20} MiB`;
    return isTooMuch
      ? new StreamCsvError(
          "SCSV_BUSY",
          `Reading ${JSON.stringify(name)} takes more than the ${total} of memory that all files being read may take together.`,
          {
            retryAfterSeconds: 60,
            hint: "Ask for fewer columns, or write the file with smaller row groups.",
          },
        )
      : new StreamCsvError(
          "SCSV_BUSY",
          `There is no memory left to read ${JSON.stringify(name)}: all files being read may take ${total} together.`,
          { retryAfterSeconds: 5, hint: "Try again when other exports have ended." },
        );
  }
}
