import type { ColumnVector, DictionaryVector } from "./batch.ts";
import { utf8Text } from "./utf8-text.ts";
import {
  DayValue,
  DecimalValue,
  InstantValue,
  JsonTextValue,
  NumberTextValue,
  SingleValue,
  WrittenValue,
} from "./value.ts";

/** Returns a vector's value at a row as one exact JavaScript value, for code that reads cells one by one. */
export function vectorValue(vector: ColumnVector, row: number): unknown {
  if ("nulls" in vector && vector.nulls?.[placeOf(vector, row)] === 1) return null;
  switch (vector.kind) {
    case "integer":
      return integerValue(vector.values[row]);
    case "float": {
      const value = vector.values[row] ?? Number.NaN;
      return vector.isSingle === true ? new SingleValue(value) : value;
    }
    case "text":
    case "bytes":
      return vector.values[row];
    case "mixed":
      return vector.values[placeOf(vector, row)];
    case "decimal":
      return new DecimalValue(BigInt(vector.unscaled[row] ?? 0), vector.scale);
    case "boolean":
      return vector.values[row] !== 0;
    case "timestamp":
      return new InstantValue(vector.values[row] ?? Number.NaN, vector.unit, vector.isZoned);
    case "date":
      return new DayValue(vector.values[row] ?? 0);
    case "utf8":
      return vector.isText === false ? new WrittenValue(utf8Text(vector, row)) : utf8Text(vector, row);
    case "number-text":
      return new NumberTextValue(utf8Text(vector, row));
    case "json-text":
      return new JsonTextValue(utf8Text(vector, row));
    case "dictionary":
    default:
      return dictionaryEntry(vector, row);
  }
}

/** The position of a row's value in the vector's arrays. */
function placeOf(vector: ColumnVector, row: number): number {
  return vector.kind === "mixed" || vector.kind === "utf8"
    ? (vector.first ?? 0) + row * (vector.step ?? 1)
    : row;
}

/** @throws RangeError for a code beyond the dictionary's end */
function dictionaryEntry({ codes, dictionary }: DictionaryVector, row: number): string | null {
  const code = codes[row] ?? dictionary.length;
  const entry = dictionary[code];
  if (entry !== undefined) return entry;
  throw new RangeError(
    `The code ${code} of row ${row} of a batch is beyond its dictionary of ${dictionary.length}.`,
  );
}

/** From this size on, a number may be written with an exponent, which integers must not have. */
const firstLargeNumber = 1e15;

function integerValue(value: number | bigint | undefined): number | bigint | undefined {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) return value;
  return Math.abs(value) < firstLargeNumber ? value + 0 : BigInt(value);
}
