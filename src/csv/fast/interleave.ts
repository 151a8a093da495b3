import type { ChunkMemory } from "../chunk-memory.ts";
import { GrowingBytes } from "./growing-bytes.ts";
import { cellTable, columnBuffer } from "./column-buffer.ts";
import type { ColumnWriter } from "./column-writer.ts";

/** From this length on, the engine's own copy is faster than a loop. */
const longCell = 256;

/** Where the rows are put together; one for all encoders, as the column buffer is. */
const rowBuffer = new GrowingBytes();

/** The bytes that each column's cells lie in. The array is kept between blocks so that it need not be made again. */
const sources: DataView[] = [];
const noBytes = new DataView(new ArrayBuffer(0));

/**
 * Puts the cells of a block in order of its rows, from place `at` of the row buffer on. Gives the end.
 *
 * Cells are short, so that a call to copy one would cost more than the copy: they are copied eight bytes at a time, as
 * doubles, which is the widest an unaligned copy can be without a bigint. What is copied beyond a cell is overwritten by the
 * next. An engine may change the bits of a NaN on the way, but those of a NaN end in a byte 0x7F or 0xFF behind one of 0xF0
 * or more, and in well-formed UTF-8 a byte of 0xF0 or more is followed by one of 0x80 to 0xBF. Bytes of a vector that are
 * not UTF-8, which its contract forbids, could come out as others; they change no other cell.
 */
export function interleave(columns: readonly ColumnWriter[], rowCount: number, from: number): number {
  const { starts, lengths } = cellTable;
  const columnCount = columns.length;
  for (let column = 0; column < columnCount; column += 1)
    sources[column] = columns[column]?.source ?? columnBuffer.view;
  rowBuffer.reserve(from + textLength(columnCount * rowCount));
  const { view } = rowBuffer;
  let at = from;
  for (let row = 0; row < rowCount; row += 1) {
    let slot = row;
    for (let column = 0; column < columnCount; column += 1) {
      const source = sources[column] ?? view;
      const start = starts[slot] ?? 0;
      const length = lengths[slot] ?? 0;
      if (length > longCell) copyLong(source, start, length, at);
      else {
        view.setFloat64(at, source.getFloat64(start, true), true);
        view.setFloat64(at + 8, source.getFloat64(start + 8, true), true);
        for (let done = 16; done < length; done += 8)
          view.setFloat64(at + done, source.getFloat64(start + done, true), true);
      }
      at += length;
      slot += rowCount;
    }
  }
  // Otherwise this would keep a column buffer alive that a long text has made large.
  for (let column = 0; column < columnCount; column += 1) sources[column] = noBytes;
  return at;
}

/** A copy of what the row buffer holds up to `end`. */
export function takeRows(end: number, memory: ChunkMemory): Uint8Array {
  return rowBuffer.take(end, memory);
}

/** Writes rows without cells, which are only their record delimiters. */
export function writeEmptyRows(bytes: Uint8Array, count: number): number {
  const end = count * bytes.length;
  const target = rowBuffer.reserve(end);
  for (let at = 0; at < end; at += 1) target[at] = bytes[at % bytes.length] ?? 0;
  return end;
}

function textLength(cellCount: number): number {
  const { lengths } = cellTable;
  let total = 0;
  for (let slot = 0; slot < cellCount; slot += 1) total += lengths[slot] ?? 0;
  return total;
}

function copyLong({ buffer, byteOffset }: DataView, start: number, length: number, at: number): void {
  rowBuffer.bytes.set(new Uint8Array(buffer, byteOffset + start, length), at);
}
