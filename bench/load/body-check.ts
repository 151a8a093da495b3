import { createHash } from "node:crypto";

/** What a body contains. */
export interface BodyContent {
  /** Hexadecimal. */
  readonly sha256: string;
  /** Records of the CSV, with the header. */
  readonly records: number;
}

const quote = 0x22;
const lineFeed = 0x0a;

/**
 * Hashes a body and counts its CSV records, in constant memory. A line feed ends a record unless it is between quotes. A
 * doubled quote leaves the quotes and enters them again, so it needs no rule of its own. A last record without a line feed
 * counts too.
 */
export class BodyCheck {
  readonly #hash = createHash("sha256");
  #records = 0;
  #isQuoted = false;
  #isAtRecordStart = true;

  feed(bytes: Buffer, start: number, end: number): void {
    this.#hash.update(bytes.subarray(start, end));
    let isQuoted = this.#isQuoted;
    let records = this.#records;
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at];
      if (byte === quote) isQuoted = !isQuoted;
      else if (byte === lineFeed && !isQuoted) records += 1;
    }
    this.#isQuoted = isQuoted;
    this.#records = records;
    if (end > start) this.#isAtRecordStart = bytes[end - 1] === lineFeed && !isQuoted;
  }

  /** Ends the check; nothing can be fed after that. */
  finish(): BodyContent {
    return { sha256: this.#hash.digest("hex"), records: this.#records + (this.#isAtRecordStart ? 0 : 1) };
  }
}
