import {
  carriageReturn,
  isBlank,
  lineEndingAt,
  lineFeed,
  type CellSyntax,
  type LineEnding,
} from "./record-format.ts";

/** A cell's bytes, without the quotes around it. */
export interface ScannedCell {
  readonly from: number;
  readonly to: number;
  readonly isQuoted: boolean;
}

/** Why bytes are not a record. */
export type RecordFault = "open quote" | "text after quote" | "blanks before quote";

/** A record, or the fault found in its place. */
export type ScannedRecord =
  | {
      readonly outcome: "record";
      readonly cellCount: number;
      /** The first cells, as many as were requested. */
      readonly cells: readonly ScannedCell[];
      readonly lastCell: ScannedCell;
      /** The start of the next record. */
      readonly end: number;
      /** The end of the record, or undefined at the end of the file. */
      readonly lineEnding: LineEnding | undefined;
    }
  | {
      readonly outcome: "incomplete";
      /** The number of cells before the one in which the bytes end. */
      readonly cell: number;
      /** The position of a quote that no other quote of the present bytes closes. */
      readonly openQuote: number | undefined;
    }
  | { readonly outcome: "fault"; readonly fault: RecordFault; readonly cell: number; readonly at: number };

/**
 * Reads one record byte by byte, as in RFC 4180 but with any delimiter and line ending. It is used for headers, samples, and
 * the record at which {@link CellScanner}, which reads rows, has stopped. `isEnd` means that no bytes follow `to`.
 */
export function scanRecord(
  bytes: Uint8Array,
  from: number,
  to: number,
  isEnd: boolean,
  { delimiter, quote }: CellSyntax,
  mostCells = 0,
): ScannedRecord {
  const cells: ScannedCell[] = [];
  let cellCount = 0;
  let at = from;
  for (;;) {
    const begin = at;
    const isQuoted = at < to && bytes[at] === quote;
    let cell: ScannedCell;
    if (isQuoted) {
      const close = closingQuote(bytes, at + 1, to, quote);
      if (close < 0 && !isEnd) return { outcome: "incomplete", cell: cellCount, openQuote: begin };
      if (close < 0) return { outcome: "fault", fault: "open quote", cell: cellCount, at: begin };
      // A second quote may follow and would make it text.
      if (close + 1 === to && !isEnd) return { outcome: "incomplete", cell: cellCount, openQuote: undefined };
      cell = { from: at + 1, to: close, isQuoted };
      at = close + 1;
      const next = bytes[at];
      if (at < to && next !== delimiter && next !== lineFeed && next !== carriageReturn)
        return { outcome: "fault", fault: "text after quote", cell: cellCount, at };
    } else {
      let isAllBlank = true;
      for (; at < to; at += 1) {
        const byte = bytes[at];
        if (byte === delimiter || byte === lineFeed || byte === carriageReturn) break;
        if (byte === quote && isAllBlank)
          return { outcome: "fault", fault: "blanks before quote", cell: cellCount, at };
        if (!isBlank(byte)) isAllBlank = false;
      }
      cell = { from: begin, to: at, isQuoted };
    }
    if (at === to && !isEnd) return { outcome: "incomplete", cell: cellCount, openQuote: undefined };
    cellCount += 1;
    if (cells.length < mostCells) cells.push(cell);
    if (at < to && bytes[at] === delimiter) {
      at += 1;
      continue;
    }
    const record = { outcome: "record", cellCount, cells, lastCell: cell } as const;
    if (at + 1 === to && bytes[at] === carriageReturn && !isEnd)
      return { outcome: "incomplete", cell: cellCount - 1, openQuote: undefined };
    const lineEnding = lineEndingAt(bytes, at, to);
    const endingLength = lineEnding === undefined ? 0 : lineEnding === "crlf" ? 2 : 1;
    return { ...record, end: at + endingLength, lineEnding };
  }
}

/** Returns the position of the quote that closes a cell, or −1. Two quotes in a row don't close it. */
function closingQuote(bytes: Uint8Array, from: number, to: number, quote: number): number {
  for (let at = from; at < to; at += 1) {
    if (bytes[at] !== quote) continue;
    if (at + 1 < to && bytes[at + 1] === quote) at += 1;
    else return at;
  }
  return -1;
}

/** Counts line breaks of any kind between two positions, as an editor does. */
export function countLineBreaks(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at];
    if (byte === carriageReturn || (byte === lineFeed && (at === from || bytes[at - 1] !== carriageReturn)))
      count += 1;
  }
  return count;
}

/** Returns the text of a cell. Two quotes in a row mean one. */
export function cellTextOf(bytes: Uint8Array, { from, to, isQuoted }: ScannedCell, quote: number): string {
  const cell = bytes.subarray(from, to);
  return decoder.decode(isQuoted ? joinedQuotes(cell, quote) : cell);
}

/** Replaces two quotes in a row by one, as bytes: a text with millions of them would take a gigabyte to be replaced in. */
function joinedQuotes(cell: Uint8Array, quote: number): Uint8Array {
  const joined = new Uint8Array(cell.length);
  let length = 0;
  for (let at = 0; at < cell.length; at += 1) {
    const byte = cell[at] ?? 0;
    joined[length] = byte;
    length += 1;
    if (byte === quote) at += 1;
  }
  return joined.subarray(0, length);
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
