import type { Batch } from "./batch.ts";

/** One way of writing rows as bytes, for columns and a dialect that were given when it was made. */
export interface RowWriter {
  /** The byte order mark and the header row, as far as the dialect has them. */
  header(): Uint8Array;
  /** Rows `from` to `to`, the latter excluded, of which the first is row number `firstRow` of the data. */
  encode(batch: Batch, from: number, to: number, firstRow: number): Uint8Array;
  /** Bytes of text it writes in about a millisecond, or fewer where more would take too much memory. */
  readonly chunkBytes: number;
  /** Cells the formula guard has changed so far, those of the header row among them. */
  readonly guardedCells: number;
}
