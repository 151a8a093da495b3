import type { ChunkMemory } from "../chunk-memory.ts";
import { GrowingBytes } from "./growing-bytes.ts";

/**
 * Where the cells of a block of rows are first written, column by column: a loop that has one column's values before it
 * is many times faster than one that goes from type to type. One column buffer serves all encoders, since encoding is
 * synchronous: a thousand readers at rest hold none.
 */
export const columnBuffer = new GrowingBytes();

/** Makes room in the column buffer up to `end`. */
export function reserve(end: number): Uint8Array {
  return columnBuffer.reserve(end);
}

/** A copy of what the column buffer holds up to `end`. */
export function takeColumnBuffer(end: number, memory: ChunkMemory): Uint8Array {
  return columnBuffer.take(end, memory);
}

/**
 * Where each cell of the block lies within its column's bytes, and how long it is with the delimiter behind it. A
 * column's cells stand side by side, from its slot on.
 */
export const cellTable = { starts: new Int32Array(0), lengths: new Int32Array(0) };

/** Makes room for so many cells. */
export function reserveCells(count: number): void {
  if (count <= cellTable.starts.length) return;
  cellTable.starts = new Int32Array(count);
  cellTable.lengths = new Int32Array(count);
}

/** Numbers of a block that their own array doesn't hold as doubles. */
export const scratch = { numbers: new Float64Array(0) };
