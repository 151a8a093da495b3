import { requireObject } from "../check-arguments.ts";
import { textOf, wrongRange, wrongType } from "../errors.ts";
import { formatCountOf } from "../units.ts";
import type { Batch, ColumnVector } from "./batch.ts";

/**
 * Checks a batch that a source made, which may be user code. Where a vector has too few values, those of another export would be
 * written, and without a row count no row would be.
 * @throws TypeError `SCSV_ARG_TYPE` for a value that is not a batch, RangeError `SCSV_ARG_RANGE` for a vector with
 *   fewer values than the batch has rows
 */
export function checkBatch(batch: Batch): void {
  requireObject("batch", batch, "rowCount", "columns");
  const { rowCount, columns } = batch;
  if (!Number.isSafeInteger(rowCount) || rowCount < 0)
    throw wrongType(`rowCount of a batch is a whole number from 0, not ${textOf(rowCount)}.`);
  if (!Array.isArray(columns)) throw wrongType("columns of a batch is a list of vectors.");
  for (let index = 0; index < columns.length; index += 1) {
    const column: unknown = columns[index];
    checkKind(index, column);
    checkLength(index, column, rowCount);
  }
}

function checkKind(index: number, column: unknown): asserts column is ColumnVector {
  requireObject(`columns[${index}] of a batch`, column, "kind");
  const { kind, unit, scale } = column as Readonly<Record<string, unknown>>;
  const refuse = (field: string, allowed: string, value: unknown): never => {
    throw wrongType(`${field} in columns[${index}] of a batch is ${allowed}, not ${textOf(value)}.`);
  };
  if (typeof kind !== "string" || !Object.hasOwn(layouts, kind))
    refuse("kind", `one of ${Object.keys(layouts).join(", ")}`, kind);
  if (kind === "timestamp" && !units.has(unit)) refuse("unit", `one of ${[...units].join(", ")}`, unit);
  if (kind === "decimal" && !(Number.isSafeInteger(scale) && Number(scale) >= 0))
    refuse("scale", "a whole number from 0", scale);
}

function checkLength(index: number, vector: ColumnVector, rowCount: number): void {
  const { arrays, isTyped } = layouts[vector.kind];
  const [first, step] =
    vector.kind === "mixed" || vector.kind === "utf8" ? [vector.first ?? 0, vector.step ?? 1] : [0, 1];
  const needed = rowCount === 0 ? 0 : first + (rowCount - 1) * step + 1;
  for (const name of arrays) {
    const values: unknown = Reflect.get(vector, name);
    if (!(ArrayBuffer.isView(values) || (!isTyped && Array.isArray(values))))
      throw wrongType(`${name} in columns[${index}] of a batch is ${isTyped ? "a typed" : "an"} array.`);
    const { length } = values as ArrayLike<unknown>;
    if (!(length >= needed)) throw tooFew(index, name, length, needed, rowCount);
  }
  const nulls = "nulls" in vector ? vector.nulls : undefined;
  if (nulls !== undefined && !(nulls.length >= needed))
    throw tooFew(index, "nulls", nulls.length, needed, rowCount);
}

function tooFew(index: number, name: string, length: number, needed: number, rowCount: number): RangeError {
  return wrongRange(
    `${name} in columns[${index}] of a batch has ${formatCountOf(length, "value")}, and ${formatCountOf(rowCount, "row")} need ${needed}.`,
  );
}

const units: ReadonlySet<unknown> = new Set(["ms", "us", "ns"]);

/** The arrays that have a value for each row, and whether they are typed ones. */
const layouts: {
  readonly [K in ColumnVector["kind"]]: { readonly arrays: readonly string[]; readonly isTyped: boolean };
} = {
  integer: { arrays: ["values"], isTyped: false },
  decimal: { arrays: ["unscaled"], isTyped: false },
  float: { arrays: ["values"], isTyped: true },
  boolean: { arrays: ["values"], isTyped: true },
  timestamp: { arrays: ["values"], isTyped: true },
  date: { arrays: ["values"], isTyped: true },
  text: { arrays: ["values"], isTyped: false },
  utf8: { arrays: ["starts", "ends"], isTyped: true },
  "number-text": { arrays: ["starts", "ends"], isTyped: true },
  "json-text": { arrays: ["starts", "ends"], isTyped: true },
  dictionary: { arrays: ["codes"], isTyped: true },
  bytes: { arrays: ["values"], isTyped: false },
  mixed: { arrays: ["values"], isTyped: false },
};
