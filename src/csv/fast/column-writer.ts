import type { ColumnVector } from "../batch.ts";
import type { CellFormat } from "./cell-format.ts";

/**
 * Writes the cells of one column of a batch. Each kind of column has its own loop over the rows, although the loops look
 * alike: a loop shared by all kinds would call a function for each cell.
 */
export interface ColumnWriter {
  /**
   * Writes the cells of the rows from `from` up to but not including `to` into the column buffer, beginning at place `at`.
   * Records where each cell lies in the cell table, beginning at `slot`. Returns the end in the column buffer.
   */
  write(from: number, to: number, slot: number, at: number): number;
  /** The bytes the recorded cells lie in, if not the column buffer. */
  readonly source?: DataView;
}

/** What a column needs besides its vector. */
export interface ColumnContext {
  readonly format: CellFormat;
  readonly column: string;
  /** The bytes after each of its cells: the delimiter, or the record delimiter. */
  readonly terminator: Uint8Array;
  /** Add it to a row's position in the batch to get its number in the data, for messages. */
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
