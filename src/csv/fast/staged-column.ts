import type { ColumnVector } from "../batch.ts";
import type { CellFormat } from "./cell-format.ts";

/**
 * A column of a batch, ready to be written. Every kind has the loop over rows to itself, much as they look alike: one loop
 * for all would call a function for every cell.
 */
export interface StagedColumn {
  /**
   * Writes the cells of rows `from` to `to`, the latter excluded, from place `at` of the column buffer on, and notes them in the
   * cell table from `slot` on; gives the end in the column buffer.
   */
  stage(from: number, to: number, slot: number, at: number): number;
  /** The bytes the noted cells lie in, when it isn't the column buffer. */
  readonly source?: DataView;
}

/** What a column needs besides its vector. */
export interface ColumnContext {
  readonly format: CellFormat;
  readonly column: string;
  /** What ends each of its cells: the delimiter, or that of the records. */
  readonly terminator: Uint8Array;
  /** What added to a row of the batch gives its number in the data, for messages. */
  rowOffset: number;
  readonly onGuarded: (count: number) => void;
}

export type VectorOf<K extends ColumnVector["kind"]> = Extract<ColumnVector, { kind: K }>;

/** Where a row's cell stands, for messages. */
export function placeOf(
  row: number,
  { rowOffset, column }: ColumnContext,
): { readonly row: number; readonly column: string } {
  return { row: row + rowOffset, column };
}
