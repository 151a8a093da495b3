import type { DuckDBDataChunk } from "@duckdb/node-api";
import type { ColumnReader } from "./column-reader.ts";
import type { RowRange } from "./raw-vector.ts";

/** The target size of a batch's long cells. Copying them takes a fraction of a millisecond. */
const batchBytes = 256 * 1024;

/** Lets the event loop have a turn if one is due, and throws if the chunk may not be read any more. */
export type Pause = () => Promise<void> | undefined;

/** The bytes of the long cells of each row of a chunk. There may be thousands of columns, so it pauses after each. */
export async function rowSizes(
  chunk: DuckDBDataChunk,
  readers: readonly ColumnReader[],
  pause: Pause,
): Promise<Uint32Array> {
  const sizes = new Uint32Array(chunk.rowCount);
  for (const [place, { weigh }] of readers.entries()) {
    if (weigh === undefined) continue;
    weigh(chunk.getColumnVector(place), sizes);
    const pausing = pause();
    if (pausing !== undefined) await pausing;
  }
  return sizes;
}

/**
 * Splits the rows of a chunk from `first` (included) to `last` (excluded), so that copying a part never takes long: a chunk has
 * 2,048 rows, whether of ten bytes or of ten thousand. A single row is never split.
 */
export function* chunkParts(
  sizes: Uint32Array,
  first: number,
  last: number,
): Generator<RowRange, void, undefined> {
  let from = first;
  let bytes = 0;
  for (let row = first; row < last; row += 1) {
    const size = sizes[row] ?? 0;
    if (bytes + size > batchBytes && row > from) {
      yield { from, to: row };
      from = row;
      bytes = 0;
    }
    bytes += size;
  }
  if (last > from) yield { from, to: last };
}

/** Whether the last row of a chunk is the one that ends the rows. */
export function isEndRow(chunk: DuckDBDataChunk, endColumn: number): boolean {
  return chunk.getColumnVector(endColumn).getItem(chunk.rowCount - 1) === true;
}
