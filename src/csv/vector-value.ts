import type { ColumnVector } from "./batch.ts";
import { DayValue, DecimalValue, InstantValue } from "./value.ts";

/** The value of a vector at a row as one JavaScript value, exact; for paths that look at cells one by one. */
export function vectorValue(vector: ColumnVector, row: number): unknown {
  if ("nulls" in vector && vector.nulls?.[row] === 1) return null;
  switch (vector.kind) {
    case "integer":
    case "float":
    case "text":
    case "bytes":
    case "mixed":
      return vector.values[row];
    case "decimal":
      return new DecimalValue(BigInt(vector.unscaled[row] ?? 0), vector.scale);
    case "boolean":
      return vector.values[row] !== 0;
    case "timestamp":
      return new InstantValue(vector.values[row] ?? Number.NaN, vector.unit);
    case "date":
      return new DayValue(vector.values[row] ?? 0);
    case "dictionary":
    default:
      return vector.dictionary[vector.codes[row] ?? 0];
  }
}
