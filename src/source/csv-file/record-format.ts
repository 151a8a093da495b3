/** The end of a record. */
export type LineEnding = "lf" | "crlf" | "cr";

/** How records are split into cells, as ASCII bytes. */
export interface CellSyntax {
  readonly delimiter: number;
  /** −1 if quotes are text like any other. */
  readonly quote: number;
}

/** How a file is split into records and cells, with everything known. */
export interface RecordFormat extends CellSyntax {
  readonly lineEnding: LineEnding;
  /** The number of cells in every record. */
  readonly columnCount: number;
  /** The text of an unquoted cell that means null. */
  readonly nullBytes: Uint8Array;
}

export const lineFeed = 0x0a;
export const carriageReturn = 0x0d;

/** Whether a byte is a blank that may precede a quote without being text. */
export function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09;
}

/** Returns the line ending at a position, or undefined if there is none. */
export function lineEndingAt(bytes: Uint8Array, at: number, to: number): LineEnding | undefined {
  if (at >= to) return undefined;
  if (bytes[at] === lineFeed) return "lf";
  if (bytes[at] !== carriageReturn) return undefined;
  return at + 1 < to && bytes[at + 1] === lineFeed ? "crlf" : "cr";
}

/** Returns the position after the line breaks, of any kind, that begin at `from`. */
export function lineBreaksEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && (bytes[at] === lineFeed || bytes[at] === carriageReturn)) at += 1;
  return at;
}
