import type { Batch } from "./batch.ts";

/** Writes rows as bytes, for the columns and the dialect it was made with. */
export interface RowWriter {
  /** Returns the byte order mark and the header row, if the dialect has them. */
  header(): Uint8Array;
  /** Encodes rows `from` (included) to `to` (excluded). `firstRow` is the number of row `from` in the data. */
  encode(batch: Batch, from: number, to: number, firstRow: number): Uint8Array;
  /** The bytes of text it writes in about a millisecond, or fewer if more would need too much memory. */
  readonly chunkBytes: number;
  /** The cells changed so far to be safe for spreadsheets, including those of the header row. */
  readonly guardedCells: number;
}
