import { crc32 } from "node:zlib";

/** CRC-32 of each line of a body, in order, up to a bound. */
export type LineChecksums = readonly number[];

/** The first line in which a body differs from an earlier one. */
export interface FirstDifference {
  /** Counted from 1. */
  readonly line: number;
  /** The beginning of this body's line; null when it ends before. */
  readonly text: string | null;
}

/** Enough for a body of some hundred megabytes; what comes later is not compared line by line. */
const mostLines = 2 ** 22;
const keptCharacters = 120;
const lineFeed = 0x0a;

/** Finds the first line in which two bodies differ, without keeping either. */
export class LineComparison {
  readonly #earlier: LineChecksums | null;
  readonly #checksums: number[] = [];
  #running = 0;
  #text = "";
  #isInLine = false;
  #difference: FirstDifference | null = null;

  constructor(earlier: LineChecksums | null) {
    this.#earlier = earlier;
  }

  feed(part: Buffer): void {
    for (let at = 0; at < part.length && this.#checksums.length < mostLines;) {
      const found = part.indexOf(lineFeed, at);
      const end = found === -1 ? part.length : found + 1;
      const line = part.subarray(at, end);
      this.#running = crc32(line, this.#running);
      this.#isInLine = true;
      if (this.#earlier !== null && this.#difference === null && this.#text.length < keptCharacters)
        this.#text += line.toString("utf8", 0, keptCharacters);
      if (found !== -1) this.#endLine();
      at = end;
    }
  }

  finish(): { readonly lines: LineChecksums; readonly firstDifference: FirstDifference | null } {
    if (this.#isInLine) this.#endLine();
    const count = this.#checksums.length;
    if (this.#difference === null && this.#earlier !== null && this.#earlier.length > count) {
      this.#difference = { line: count + 1, text: null };
    }
    return { lines: this.#checksums, firstDifference: this.#difference };
  }

  #endLine(): void {
    const index = this.#checksums.length;
    if (this.#earlier !== null && this.#difference === null && this.#earlier[index] !== this.#running) {
      this.#difference = { line: index + 1, text: this.#text.trimEnd().slice(0, keptCharacters) };
    }
    this.#checksums.push(this.#running);
    this.#running = 0;
    this.#text = "";
    this.#isInLine = false;
  }
}
