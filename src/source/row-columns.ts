import { wrongRange, wrongType } from "../errors.ts";
import { describeValue } from "../body/chunk.ts";
import type { Row } from "./rows.ts";
import type { Source } from "./source.ts";

/** A column by the key its values have in objects, and, where it is another, the name in its header. */
export type ColumnOption = string | { readonly key: string; readonly header?: string };

/** A column of rows: its name in the header, and the key of its values where that is another. */
export interface RowColumn {
  readonly name: string;
  readonly key?: string;
}

/**
 * Columns as a caller names them; undefined where they are left to the rows.
 * @throws TypeError `SCSV_ARG_TYPE`, quoting what is neither a key nor an object with one
 */
export function namedColumns(options: unknown): readonly RowColumn[] | undefined {
  if (options === undefined) return undefined;
  if (!Array.isArray(options))
    throw wrongType(
      `columns must be an array of keys or of { key, header } objects, not ${describeValue(options)}.`,
    );
  return options.map(namedColumn);
}

function namedColumn(option: unknown): RowColumn {
  if (typeof option === "string") return { name: option };
  if (typeof option === "object" && option !== null && "key" in option) {
    const { key } = option;
    const header = "header" in option && option.header !== undefined ? option.header : key;
    if (typeof key === "string" && typeof header === "string") return { key, name: header };
  }
  throw wrongType(`A column must be a key or { key, header } with two texts, not ${describeValue(option)}.`);
}

/** The columns that a first row shows. */
export function shownColumns(row: Row): readonly RowColumn[] {
  const names = Array.isArray(row) ? row.map((_, index) => `column${index + 1}`) : Object.keys(row);
  return names.map((name) => ({ name }));
}

/**
 * The places that columns have in a source.
 * @throws RangeError `SCSV_ARG_RANGE` for a column that it hasn't, listing those that it has
 */
export function placesIn(source: Source, columns: readonly RowColumn[]): readonly number[] {
  return columns.map(({ name, key = name }) => {
    const place = source.columns.findIndex((column) => column.name === key);
    if (place >= 0) return place;
    const known = source.columns.map((column) => column.name).join(", ");
    throw wrongRange(`The source "${source.name}" has no column "${key}"; it has ${known}.`);
  });
}
