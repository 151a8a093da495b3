/** A cell that says more than its text: whether a number is surely better or worse. */
export interface ReportCell {
  readonly text: string;
  readonly tone?: "better" | "worse" | "unsure";
}

/** The cells of a row, from left to right. */
export type ReportRow = readonly (string | ReportCell)[];

/** A table as every format can show it; the first column names the row, numbers follow. */
export interface ReportTable {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly ReportRow[];
  /** Columns whose cells are words. @default [0] */
  readonly textColumns?: readonly number[];
  /** What to know of the numbers, in a sentence. */
  readonly note?: string;
}

/** The text of a cell. */
export function cellText(cell: string | ReportCell): string {
  return typeof cell === "string" ? cell : cell.text;
}
