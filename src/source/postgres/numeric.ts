import type { ColumnVector } from "../../csv/batch.ts";
import { DecimalValue } from "../../csv/value.ts";
import { ColumnMemory, type ColumnReading } from "./column-memory.ts";
import { malformedRow, type RowFields } from "./row-fields.ts";

/** Signs of a numeric in the binary format (`numeric.c`). */
const negative = 0x40_00;
const notANumber = 0xc0_00;
const positiveInfinity = 0xd0_00;
const negativeInfinity = 0xf0_00;

/** Digits that a `number` and 32 bits hold exactly. */
const mostDigitsOfNumber = 15;
const mostDigitsOf32Bits = 9;

/**
 * Reads numerics of a fixed scale: groups of four decimal digits, which become the integer `value * 10 ** scale`. NaN, which
 * such a column may hold too, makes its batch one of single values. So does a value of more digits than the type says: nothing but
 * PostgreSQL's own assignments enforces it, and a foreign table, a function in C or another server of this protocol may not.
 *
 * The reading throws StreamCsvError `SCSV_QUERY_FAILED` for a value that isn't built as the format has it.
 */
export function decimals(precision: number, scale: number): ColumnReading {
  if (precision > mostDigitsOfNumber) return longDecimals(precision, scale);
  const end = 10 ** precision;
  const memory = new ColumnMemory<Int32Array | Float64Array>(
    (rows) => (precision <= mostDigitsOf32Bits ? new Int32Array(rows) : new Float64Array(rows)),
    (unscaled, _bytes, nulls) => ({ kind: "decimal", unscaled, scale, ...nulls }),
  );
  const fractionGroups = Math.ceil(scale / 4);
  const lastDivisor = 10 ** (fractionGroups * 4 - scale);
  const lastFactor = 10_000 / lastDivisor;
  return (fields, column) => {
    const { view, rows, columns, starts, ends, nulls } = fields;
    const unscaled = memory.values(rows);
    for (let row = 0, field = column; row < rows; row += 1, field += columns) {
      if (nulls[field] === 1) continue;
      const at = starts[field] ?? 0;
      const { groups, weight, sign, ownScale } = headOf(view, at, ends[field] ?? 0);
      if (sign >= notANumber || ownScale !== scale) return singleValues(fields, column);
      let value = 0;
      for (let place = weight; place >= -fractionGroups; place -= 1) {
        const index = weight - place;
        const digits = index < groups ? view.getUint16(at + 8 + index * 2) : 0;
        value =
          place === -fractionGroups ? value * lastFactor + digits / lastDivisor : value * 10_000 + digits;
      }
      if (value >= end) return singleValues(fields, column);
      unscaled[row] = sign === negative ? -value : value;
    }
    return memory.vector(fields, column);
  };
}

/** Those of more digits than a `number` holds exactly. */
function longDecimals(precision: number, scale: number): ColumnReading {
  const end = 10n ** BigInt(precision);
  const memory = new ColumnMemory(
    (rows) => new BigInt64Array(rows),
    (unscaled, _bytes, nulls) => ({ kind: "decimal", unscaled, scale, ...nulls }),
  );
  return (fields, column) => {
    const { view, rows, columns, starts, ends, nulls } = fields;
    const unscaled = memory.values(rows);
    for (let row = 0, field = column; row < rows; row += 1, field += columns) {
      if (nulls[field] === 1) continue;
      const value = exactValue(view, starts[field] ?? 0, ends[field] ?? 0);
      if (
        typeof value === "number" ||
        value.scale !== scale ||
        value.unscaled >= end ||
        -value.unscaled >= end
      )
        return singleValues(fields, column);
      unscaled[row] = value.unscaled;
    }
    return memory.vector(fields, column);
  };
}

/** Values one by one, where some are NaN or have other digits than the type says. */
function singleValues(fields: RowFields, column: number): ColumnVector {
  const { view, rows, columns, starts, ends, nulls } = fields;
  const values: unknown[] = [];
  for (let row = 0, field = column; row < rows; row += 1, field += columns)
    values.push(nulls[field] === 1 ? null : exactValue(view, starts[field] ?? 0, ends[field] ?? 0));
  return { kind: "mixed", values };
}

/** A numeric with all its digits; NaN and the infinities are numbers. */
function exactValue(view: DataView, at: number, end: number): DecimalValue | number {
  const { groups, weight, sign, ownScale } = headOf(view, at, end);
  if (sign >= notANumber) return specialValue(sign);
  const fractionGroups = Math.ceil(ownScale / 4);
  let value = 0n;
  for (let place = weight; place >= -fractionGroups; place -= 1) {
    const index = weight - place;
    value = value * 10_000n + BigInt(index < groups ? view.getUint16(at + 8 + index * 2) : 0);
  }
  value /= 10n ** BigInt(fractionGroups * 4 - ownScale);
  return new DecimalValue(sign === negative ? -value : value, ownScale);
}

function specialValue(sign: number): number {
  if (sign === positiveInfinity) return Number.POSITIVE_INFINITY;
  return sign === negativeInfinity ? Number.NEGATIVE_INFINITY : Number.NaN;
}

/** Groups of digits, the place of the first (0 for the one before the point), the sign, and how many digits stand behind the point. */
function headOf(
  view: DataView,
  at: number,
  end: number,
): { readonly groups: number; readonly weight: number; readonly sign: number; readonly ownScale: number } {
  if (end - at < 8) throw malformedRow();
  const groups = view.getUint16(at);
  if (end - at !== 8 + groups * 2) throw malformedRow();
  return {
    groups,
    weight: view.getInt16(at + 2),
    sign: view.getUint16(at + 4),
    ownScale: view.getUint16(at + 6),
  };
}
