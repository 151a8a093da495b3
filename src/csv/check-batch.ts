import { requireObject } from "../check-arguments.ts";
import { textOf, wrongRange, wrongType } from "../errors.ts";
import { formatCountOf } from "../units.ts";
import type { Batch, ColumnVector } from "./batch.ts";

/**
 * Checks a batch that a source made, which may be user code. Where a vector has too few values, those of another export would be
 * written, and without a row count no row would be. A table may have thousands of columns, therefore texts are made only for
 * messages.
 * @throws TypeError `SCSV_ARG_TYPE` for a value that is not a batch, RangeError `SCSV_ARG_RANGE` for a vector with
 *   fewer values than the batch has rows
 */
export function checkBatch(batch: Batch): void {
  checkRowCount(batch);
  const { rowCount, columns } = batch;
  if (!Array.isArray(columns)) throw wrongType("columns of a batch is a list of vectors.");
  for (let index = 0; index < columns.length; index += 1) checkVector(columns[index], index, rowCount);
}

/**
 * Checks what is needed of a batch before the encoder checks the rest.
 * @throws TypeError `SCSV_ARG_TYPE` for a value that is not a batch, or one that doesn't count its rows
 */
export function checkRowCount(batch: Batch): void {
  requireObject("batch", batch, "rowCount", "columns");
  const { rowCount } = batch;
  if (!Number.isSafeInteger(rowCount) || rowCount < 0)
    throw wrongType(`rowCount of a batch is a whole number from 0, not ${textOf(rowCount)}.`);
}

function checkVector(column: unknown, index: number, rowCount: number): void {
  if (!isFields(column) || !("kind" in column)) {
    requireObject(nameOfColumn(index), column, "kind");
    return;
  }
  const { kind, unit, scale, nulls } = column;
  const layout = layoutOf.get(kind);
  if (layout === undefined)
    throw wrongField("kind", index, `one of ${[...layoutOf.keys()].join(", ")}`, kind);
  if (kind === "timestamp" && !units.has(unit))
    throw wrongField("unit", index, `one of ${[...units].join(", ")}`, unit);
  if (kind === "decimal" && !(Number.isSafeInteger(scale) && Number(scale) >= 0))
    throw wrongField("scale", index, "a whole number from 0", scale);
  const { arrays, isTyped, bytes, list } = layout;
  const needed = rowCount === 0 ? 0 : placeOfRow(column, rowCount - 1) + 1;
  for (const name of arrays) checkLength(column[name], name, isTyped, index, needed, rowCount);
  if (nulls !== undefined && nulls !== null) checkLength(nulls, "nulls", false, index, needed, rowCount);
  if (bytes !== undefined && !ArrayBuffer.isView(column[bytes]))
    throw wrongField(bytes, index, "a Uint8Array", column[bytes]);
  if (list !== undefined && !Array.isArray(column[list]))
    throw wrongField(list, index, "an array", column[list]);
}

function placeOfRow({ kind, first, step }: Fields, row: number): number {
  return kind === "mixed" || kind === "utf8" ? Number(first ?? 0) + row * Number(step ?? 1) : row;
}

function checkLength(
  values: unknown,
  name: string,
  isTyped: boolean,
  index: number,
  needed: number,
  rowCount: number,
): void {
  if (!(ArrayBuffer.isView(values) || (!isTyped && Array.isArray(values))))
    throw wrongType(`${name} in ${nameOfColumn(index)} is ${isTyped ? "a typed" : "an"} array.`);
  const { length } = values as ArrayLike<unknown>;
  if (!(length >= needed))
    throw wrongRange(
      `${name} in ${nameOfColumn(index)} has ${formatCountOf(length, "value")}, and ${formatCountOf(rowCount, "row")} need ${needed}.`,
    );
}

function wrongField(field: string, index: number, allowed: string, value: unknown): TypeError {
  return wrongType(`${field} in ${nameOfColumn(index)} is ${allowed}, not ${textOf(value)}.`);
}

function nameOfColumn(index: number): string {
  return `columns[${index}] of a batch`;
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

const units: ReadonlySet<unknown> = new Set(["ms", "us", "ns"]);

interface Layout {
  /** The arrays that have a value for each row. */
  readonly arrays: readonly string[];
  /** Whether they are typed arrays. */
  readonly isTyped: boolean;
  /** The field with the bytes in which texts lie. */
  readonly bytes?: string;
  /** The field with a list of values that rows refer to. */
  readonly list?: string;
}

const layouts: { readonly [K in ColumnVector["kind"]]: Layout } = {
  integer: { arrays: ["values"], isTyped: false },
  decimal: { arrays: ["unscaled"], isTyped: false },
  float: { arrays: ["values"], isTyped: true },
  boolean: { arrays: ["values"], isTyped: true },
  timestamp: { arrays: ["values"], isTyped: true },
  date: { arrays: ["values"], isTyped: true },
  text: { arrays: ["values"], isTyped: false },
  utf8: { arrays: ["starts", "ends"], isTyped: true, bytes: "bytes" },
  "number-text": { arrays: ["starts", "ends"], isTyped: true, bytes: "bytes" },
  "json-text": { arrays: ["starts", "ends"], isTyped: true, bytes: "bytes" },
  dictionary: { arrays: ["codes"], isTyped: true, list: "dictionary" },
  bytes: { arrays: ["values"], isTyped: false },
  mixed: { arrays: ["values"], isTyped: false },
};

const layoutOf: ReadonlyMap<unknown, Layout> = new Map(Object.entries(layouts));
