import type { ColumnVector, NullMask } from "../../csv/batch.ts";
import type { ColumnDescription } from "../source.ts";
import { below, CellHash } from "./cell-hash.ts";

/** A column of a generated export: its name and the maker of its values. */
export interface GeneratedColumn extends ColumnDescription {
  /** Prepares a maker of rows for any seed, with at most `mostRows` rows at a time. */
  begin(mostRows: number): ColumnMaker;
}

/**
 * Makes the values of `rowCount` rows from row number `firstRow` on, counted from 0. The vector is the same each time, so
 * that later batches need no new memory.
 */
export type ColumnMaker = (seed: number, firstRow: number, rowCount: number) => ColumnVector;

/** A generated export: its columns, and the number of rows in about 64 KiB of CSV. */
export interface GeneratedExport {
  readonly columns: readonly GeneratedColumn[];
  readonly rowsPerBatch: number;
}

/** The array that receives a column's values. */
type Values = Float64Array | Int32Array | Uint8Array | Uint16Array;

/**
 * Turns the random bits of `count` rows into their values. The first is row number `firstRow`. It is a loop and not a function
 * of one cell, because a loop that many columns share would call a function for every cell.
 */
export type Fill<V extends Values> = (values: V, bits: Uint32Array, count: number, firstRow: number) => void;

/** Makes a fill from a function of one cell, for columns that need not be fast. */
export function each(pick: (bits: number, row: number) => number): Fill<Values> {
  return (values, bits, count, firstRow) => {
    for (let index = 0; index < count; index += 1) values[index] = pick(bits[index] ?? 0, firstRow + index);
  };
}

/** The row number, counted from 1. */
export function rowNumberColumn(name: string): GeneratedColumn {
  return {
    name,
    type: "integer",
    begin(mostRows) {
      const values = new Float64Array(mostRows);
      const vector = { kind: "integer", values } as const;
      return (_seed, firstRow, rowCount) => {
        for (let index = 0; index < rowCount; index += 1) values[index] = firstRow + index + 1;
        return vector;
      };
    },
  };
}

export function integerColumn(name: string, salt: number, fill: Fill<Float64Array>): GeneratedColumn {
  return {
    name,
    type: "integer",
    begin(mostRows) {
      const values = new Float64Array(mostRows);
      return maker({ kind: "integer", values }, values, fill, new CellHash(salt));
    },
  };
}

/** `fill` makes the unscaled numbers: 1234 with a scale of 2 is 12.34. One row in `nullEvery` is null. */
export function decimalColumn(
  name: string,
  salt: number,
  [precision, scale]: readonly [number, number],
  fill: Fill<Float64Array>,
  nullEvery?: number,
): GeneratedColumn {
  return {
    name,
    type: `decimal(${precision},${scale})`,
    begin(mostRows) {
      const unscaled = new Float64Array(mostRows);
      const make = (nulls: Nulls): ColumnMaker =>
        maker({ kind: "decimal", unscaled, scale, ...nulls }, unscaled, fill, new CellHash(salt));
      return withNulls(make, nullEvery, salt, mostRows);
    },
  };
}

export function floatColumn(name: string, salt: number, fill: Fill<Float64Array>): GeneratedColumn {
  return {
    name,
    type: "float",
    begin(mostRows) {
      const values = new Float64Array(mostRows);
      return maker({ kind: "float", values }, values, fill, new CellHash(salt));
    },
  };
}

/** `percent` of the rows are true. */
export function yesOrNoColumn(name: string, salt: number, percent: number): GeneratedColumn {
  const fill: Fill<Uint8Array> = (values, bits, count) => {
    for (let index = 0; index < count; index += 1)
      values[index] = below(bits[index] ?? 0, 100) < percent ? 1 : 0;
  };
  return {
    name,
    type: "boolean",
    begin(mostRows) {
      const values = new Uint8Array(mostRows);
      return maker({ kind: "boolean", values }, values, fill, new CellHash(salt));
    },
  };
}

/** Milliseconds since 1970, from `first` on, within a span. */
export function timestampColumn(
  name: string,
  salt: number,
  [first, span]: readonly [number, number],
  nullEvery?: number,
): GeneratedColumn {
  const fill: Fill<Float64Array> = (values, bits, count) => {
    for (let index = 0; index < count; index += 1) values[index] = first + below(bits[index] ?? 0, span);
  };
  return {
    name,
    type: "timestamp",
    begin(mostRows) {
      const values = new Float64Array(mostRows);
      const make = (nulls: Nulls): ColumnMaker =>
        maker({ kind: "timestamp", unit: "ms", values, ...nulls }, values, fill, new CellHash(salt));
      return withNulls(make, nullEvery, salt, mostRows);
    },
  };
}

/** `fill` gives days since 1970. */
export function dateColumn(name: string, salt: number, fill: Fill<Int32Array>): GeneratedColumn {
  return {
    name,
    type: "date",
    begin(mostRows) {
      const values = new Int32Array(mostRows);
      return maker({ kind: "date", values }, values, fill, new CellHash(salt));
    },
  };
}

type Texts = readonly (string | null)[];

/**
 * Text that repeats, from a dictionary that all batches share, or from a function that returns the same one at each call.
 * `fill` makes positions in it. @default a uniform choice
 */
export function repeatingColumn(
  name: string,
  salt: number,
  texts: Texts | (() => Texts),
  fill?: Fill<Uint16Array>,
): GeneratedColumn {
  return {
    name,
    type: "text",
    begin(mostRows) {
      const dictionary = typeof texts === "function" ? texts() : texts;
      const codes = new Uint16Array(mostRows);
      return maker(
        { kind: "dictionary", codes, dictionary },
        codes,
        fill ?? evenly(dictionary.length),
        new CellHash(salt),
      );
    },
  };
}

function evenly(size: number): Fill<Uint16Array> {
  return (codes, bits, count) => {
    for (let index = 0; index < count; index += 1) codes[index] = below(bits[index] ?? 0, size);
  };
}

/** Text that does not repeat. */
export function textColumn(name: string, salt: number, write: (bits: number) => string): GeneratedColumn {
  return {
    name,
    type: "text",
    begin(mostRows) {
      const hash = new CellHash(salt);
      const values = Array.from({ length: mostRows }, () => "");
      return (seed, firstRow, rowCount) => {
        hash.reseed(seed);
        for (let index = 0; index < rowCount; index += 1) values[index] = write(hash.bits(firstRow + index));
        return { kind: "text", values };
      };
    },
  };
}

/** The bits of the rows that are being made. All columns share the array, because the bits are used at once. */
let sharedBits = new Uint32Array(0);

function bitsOf(hash: CellHash, firstRow: number, rowCount: number): Uint32Array {
  if (sharedBits.length < rowCount) sharedBits = new Uint32Array(rowCount);
  hash.fill(sharedBits, firstRow, rowCount);
  return sharedBits;
}

function maker<V extends Values>(
  vector: ColumnVector,
  values: V,
  fill: Fill<V>,
  hash: CellHash,
): ColumnMaker {
  return (seed, firstRow, rowCount) => {
    hash.reseed(seed);
    fill(values, bitsOf(hash, firstRow, rowCount), rowCount, firstRow);
    return vector;
  };
}

interface Nulls {
  readonly nulls?: NullMask;
}

/** The same with nulls, in one row of `every`. Their bits are independent of those of the values. */
function withNulls(
  make: (nulls: Nulls) => ColumnMaker,
  every: number | undefined,
  salt: number,
  mostRows: number,
): ColumnMaker {
  if (every === undefined) return make({});
  const nulls = new Uint8Array(mostRows);
  const hash = new CellHash(salt + 1000);
  const makeValues = make({ nulls });
  return (seed, firstRow, rowCount) => {
    hash.reseed(seed);
    const bits = bitsOf(hash, firstRow, rowCount);
    for (let index = 0; index < rowCount; index += 1)
      nulls[index] = below(bits[index] ?? 0, every) === 0 ? 1 : 0;
    return makeValues(seed, firstRow, rowCount);
  };
}
