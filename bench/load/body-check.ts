import { createHash, type Hash } from "node:crypto";
import { LineComparison, type FirstDifference, type LineChecksums } from "./line-comparison.ts";
import { RecordCounter, type RecordCount } from "./record-counter.ts";

/** What a body contains. */
export interface BodyContent extends RecordCount {
  /** Hexadecimal; empty when the body was only counted. */
  readonly sha256: string;
  /** Its first bytes, one character each, without a byte order mark and blanks before them. */
  readonly opening: string;
  /** Checksums of its lines, and where they differ from those of an earlier body; null without a comparison. */
  readonly lines: LineChecksums | null;
  readonly firstDifference: FirstDifference | null;
}

/** What is found out about a body. */
export interface BodyCheckOptions {
  /** Whether its SHA-256 is taken. */
  readonly isHashed: boolean;
  /** Whether its lines are kept for a comparison, and with which they are compared; absent for neither. */
  readonly comparison?: { readonly earlier: LineChecksums | null };
}

/** Enough to see a page behind a comment. */
const openingBytes = 512;
const byteOrderMark = "\u00EF\u00BB\u00BF";

/** Hashes a body and counts its CSV records, in constant memory. */
export class BodyCheck {
  readonly #hash: Hash | null;
  readonly #counter = new RecordCounter();
  readonly #lines: LineComparison | null;
  #opening = "";

  constructor({ isHashed, comparison }: BodyCheckOptions) {
    this.#hash = isHashed ? createHash("sha256") : null;
    this.#lines = comparison === undefined ? null : new LineComparison(comparison.earlier);
  }

  feed(bytes: Buffer, start: number, end: number): void {
    const part = bytes.subarray(start, end);
    this.#hash?.update(part);
    this.#counter.feed(bytes, start, end);
    this.#lines?.feed(part);
    if (this.#opening.length < openingBytes) {
      // Templates of pages often begin with empty lines.
      this.#opening = (this.#opening + part.toString("latin1", 0, openingBytes))
        .replace(byteOrderMark, "")
        .trimStart()
        .slice(0, openingBytes);
    }
  }

  /** Ends the check; nothing can be fed after that. */
  finish(): BodyContent {
    return {
      ...this.#counter.finish(),
      sha256: this.#hash?.digest("hex") ?? "",
      opening: this.#opening,
      ...(this.#lines?.finish() ?? { lines: null, firstDifference: null }),
    };
  }
}
