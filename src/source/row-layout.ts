import { describeValue } from "../body/chunk.ts";
import { isPlainObject, jsonValue } from "../csv/json-text.ts";
import { StreamCsvError } from "../errors.ts";
import { formatCountOf } from "../units.ts";
import { shownColumns, type RowColumn } from "./row-columns.ts";
import { describeNonRow, isNeverRow } from "./row-kind.ts";
import type { Row } from "./rows.ts";

/** The columns: given in advance, or taken from the first row or from the source that yields the rows. */
export interface RowLayout {
  columns: readonly RowColumn[] | undefined;
  /** Whether rows are what their `toJSON()` gives, because the columns are from there. @default false */
  readsJson?: boolean;
}

/**
 * Returns the columns, which the first row decides where they weren't given.
 * @throws StreamCsvError `SCSV_ROW_SHAPE` for one that can't
 */
export function learnColumns(layout: RowLayout, first: unknown): readonly RowColumn[] {
  if (layout.columns !== undefined) return layout.columns;
  const shown = shownRow(first);
  layout.readsJson = shown !== first;
  layout.columns = columnsOf(checkedRow(shown, 1));
  return layout.columns;
}

/**
 * What an object's `toJSON()` gives, if that is an object too. The own properties of a mapper's objects, as of Mongoose and
 * Sequelize, are the mapper's, and may hold what is kept from JSON.
 */
export function shownRow(row: unknown): unknown {
  const shown = jsonValue(row, "");
  return typeof shown === "object" && shown !== null ? shown : row;
}

/**
 * Checks the shape of a row and returns it.
 * @throws StreamCsvError `SCSV_ROW_SHAPE`
 */
export function checkedRow(row: unknown, number: number, columnCount = Number.POSITIVE_INFINITY): Row {
  if (typeof row !== "object" || row === null)
    throw rowShape(
      number,
      `is ${row === null || row === undefined ? row : `a ${typeof row}`}, not an array or an object`,
    );
  if (isList(row) && row.length > columnCount)
    throw rowShape(
      number,
      `has ${formatCountOf(row.length, "value")} for ${formatCountOf(columnCount, "column")}`,
    );
  return row;
}

/** The columns that the first row shows. */
function columnsOf(first: Row): readonly RowColumn[] {
  // First, since the properties of bytes are as many as the bytes.
  if (isNeverRow(first)) refuseNonRow(first, 1);
  const columns = shownColumns(first);
  if (columns.length > 0 || isList(first)) return columns;
  refuseNonRow(first, 1);
  if (isPlainObject(first)) return columns;
  throw new StreamCsvError(
    "SCSV_ROW_SHAPE",
    `Row 1 is ${describeValue(first)} and has no properties of its own that tell the columns.`,
    { row: 1, hint: "Name them with columns, or yield plain objects." },
  );
}

/** Refuses an object of which no value was found because of what it is. */
export function refuseNonRow(row: object, number: number): void {
  const description = describeNonRow(row);
  if (description !== undefined) throw rowShape(number, `is ${description}, not an array or an object`);
}

export function isList(row: object): row is readonly unknown[] {
  return Array.isArray(row);
}

function rowShape(row: number, fault: string): StreamCsvError {
  return new StreamCsvError("SCSV_ROW_SHAPE", `Row ${row} ${fault}.`, { row });
}
