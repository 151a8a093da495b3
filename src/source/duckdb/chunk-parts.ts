import type { DuckDBDataChunk } from "@duckdb/node-api";
import type { ColumnReader } from "./column-reader.ts";
import type { RowRange } from "./raw-vector.ts";

/** The target size of a batch's long cells. Copying them takes a fraction of a millisecond. */
const batchBytes = 256 * 1024;

/**
 * Splits the rows of a chunk from `first` (included) to `last` (excluded), so that copying a part never takes long: a chunk has
 * 2,048 rows, whether of ten bytes or of ten thousand. A single row is never split.
 */
export function* chunkParts(
  chunk: DuckDBDataChunk,
  first: number,
  last: number,
  readers: readonly ColumnReader[],
): Generator<RowRange, void, undefined> {
  const sizes = new Uint32Array(chunk.rowCount);
  for (const [index, { weigh }] of readers.entries()) weigh?.(chunk.getColumnVector(index), sizes);
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
