/** Whether a value is surely better or worse than what it is compared with; `faint` is a value that decides nothing. */
export type Tone = "better" | "worse" | "faint";

/** Words, such as the name of an arm or a verdict. */
interface TextCell {
  readonly kind: "text";
  readonly text: string;
  readonly tone?: Tone;
}

/** A measured number with its unit. */
export interface QuantityCell {
  readonly kind: "quantity";
  /** null where it wasn't measured. */
  readonly value: number | null;
  /** A unit of a metric, or `count` for a plain whole number. A unit of another version is shown as it is written. */
  readonly unit: string;
  /** Nothing smaller can be measured: a smaller value is shown as `< 1 ms`. */
  readonly resolution?: number;
  /** Where the true value lies, shown in brackets. */
  readonly interval?: readonly [low: number, high: number];
  /** What analysis expects, shown in brackets. */
  readonly expected?: number;
  readonly tone?: Tone;
}

/** How many times as large as the control something is. */
export interface RatioCell {
  readonly kind: "ratio";
  readonly ratio: number;
  /** null where a single round leaves it unknown. */
  readonly interval: readonly [low: number, high: number] | null;
  /** The two have to be equal, so that a difference of one byte among millions is shown. */
  readonly isExact?: boolean;
  readonly tone?: Tone;
}

export type Cell = TextCell | QuantityCell | RatioCell;

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** @default "right", which is for numbers */
  readonly align?: "left" | "right";
  /** Numbers of the footnotes that belong to it, counted from 1. */
  readonly footnotes?: readonly number[];
  /** The first of some columns that stay together where a table has to be split. */
  readonly beginsGroup?: boolean;
}

/** A table as every format can show it; the first column names the row. */
export interface Table {
  /** null where the heading of its section says what it shows. */
  readonly caption: string | null;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** What a reader has to know of the numbers, in a sentence or two. */
  readonly note?: string;
}

/** A cell of words. */
export function textCell(text: string, tone?: Tone): Cell {
  return { kind: "text", text, ...(tone === undefined ? {} : { tone }) };
}

/** A cell of a number; null is shown as a dash. */
export function quantityCell(value: number | null, unit: string, tone?: Tone): QuantityCell {
  return { kind: "quantity", value, unit, ...(tone === undefined ? {} : { tone }) };
}

/** A cell for what doesn't exist. */
export const emptyCell: Cell = { kind: "text", text: "–" };
