import type { ColumnVector, NullMask } from "../batch.ts";
import { cellText } from "../cell-text.ts";
import { vectorValue } from "../vector-value.ts";
import type { CellFormat } from "./cell-format.ts";
import { cellTable, reserve, columnBuffer } from "./column-buffer.ts";
import { placeOf, type ColumnContext, type ColumnWriter } from "./column-writer.ts";
import { writeBytes, writeEncoded } from "./write-text.ts";

/**
 * Writes the cell of a row, without quotes, at a position of the column buffer. Returns the position after it, or −1 for a
 * null.
 */
export type CellWriter = (row: number, at: number) => number;

/**
 * A column by a function that writes its cells one by one: numbers, dates and words, which by themselves need no quotes.
 * The frequent kinds have loops of their own.
 */
export function cellByCell(
  write: CellWriter,
  nulls: NullMask | undefined,
  context: ColumnContext,
): ColumnWriter {
  const { format, terminator } = context;
  const lead = format.quotesAll ? 1 : 0;
  return {
    write(from, to, firstSlot, begin) {
      const { starts, lengths } = cellTable;
      let at = begin;
      let slot = firstSlot;
      for (let row = from; row < to; row += 1) {
        const start = at;
        reserve(at + format.cellBytes);
        at = nulls?.[row] === 1 ? writeNull(at, format) : finished(write(row, at + lead), at, format);
        at = writeBytes(terminator, 0, terminator.length, at, 0);
        starts[slot] = start;
        lengths[slot] = at - start;
        slot += 1;
      }
      return at;
    },
  };
}

/**
 * Writes any value without quotes by making its text first. It is for rare kinds, and for those without a faster writer.
 */
export function generalWriter(vector: ColumnVector, context: ColumnContext): CellWriter {
  const { format } = context;
  return (row, at) => {
    const text = cellText(vectorValue(vector, row), format.dialect, placeOf(row, context));
    return text === null ? -1 : writeEncoded(text, at, format.cellBytes);
  };
}

export function writeNull(at: number, { nullBytes, cellBytes }: CellFormat): number {
  return nullBytes.length === 0 ? at : writeBytes(nullBytes, 0, nullBytes.length, at, cellBytes);
}

/** Puts quotes around a finished cell where all cells have them, or where it could be taken for the null marker. */
export function finished(end: number, at: number, format: CellFormat): number {
  if (end < 0) return writeNull(at, format);
  const { bytes } = columnBuffer;
  if (format.quotesAll) {
    bytes[at] = format.quote;
    bytes[end] = format.quote;
    return end + 1;
  }
  if (!isNullMarker(at, end, format)) return end;
  bytes.copyWithin(at + 1, at, end);
  bytes[at] = format.quote;
  bytes[end + 1] = format.quote;
  return end + 2;
}

function isNullMarker(at: number, end: number, { nullBytes }: CellFormat): boolean {
  if (nullBytes.length === 0 || end - at !== nullBytes.length) return false;
  for (let index = 0; index < nullBytes.length; index += 1)
    if (columnBuffer.bytes[at + index] !== nullBytes[index]) return false;
  return true;
}
