import { wrongRange, wrongType } from "../errors.ts";
import { describeValue } from "../body/chunk.ts";
import type { Row } from "./rows.ts";
import type { Source } from "./source.ts";

/** A column: the key of its values in objects and, if it differs, its name in the header. */
export type ColumnOption = string | { readonly key: string; readonly header?: string };

/** A column of rows: its name in the header and, if it differs, the key of its values. */
export interface RowColumn {
  readonly name: string;
  readonly key?: string;
}

/**
 * Checks and returns the columns that a caller has named, or undefined if the rows decide.
 * @throws TypeError `SCSV_ARG_TYPE` that quotes an item that is neither a key nor an object with one
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

/** Returns the columns of a first row. */
export function shownColumns(row: Row): readonly RowColumn[] {
  // Not by map(), which leaves out what an array leaves out, as the first value of a row of exceljs.
  const names = Array.isArray(row) ? Array.from(row, (_, index) => `column${index + 1}`) : Object.keys(row);
  return names.map((name) => ({ name }));
}

/**
 * Returns the positions of columns in a source.
 * @throws RangeError `SCSV_ARG_RANGE` for an unknown column, with the list of known ones
 */
export function placesIn(source: Source, columns: readonly RowColumn[]): readonly number[] {
  // From the last to the first, so that the first of several columns with one name is found.
  const places = new Map(source.columns.map((column, place) => [column.name, place] as const).toReversed());
  return columns.map(({ name, key = name }) => {
    const place = places.get(key);
    if (place !== undefined) return place;
    const known = source.columns.map((column) => column.name).join(", ");
    throw wrongRange(`The source "${source.name}" has no column "${key}". It has ${known}.`);
  });
}
