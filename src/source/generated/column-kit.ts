import type { ColumnVector, DictionaryVector, NullMask } from "../../csv/batch.ts";
import type { ColumnDescription } from "../source.ts";
import { CellHash } from "./cell-hash.ts";

/** A column of a generated export: what it is called, and how rows of it are made. */
export interface GeneratedColumn extends ColumnDescription {
  /** Values of `rowCount` rows from row number `firstRow` on, which counts from 0. */
  make(seed: number, firstRow: number, rowCount: number): ColumnVector;
}

/** A generated export: its columns, and how many rows are about 64 KiB of CSV. */
export interface GeneratedExport {
  readonly columns: readonly GeneratedColumn[];
  readonly rowsPerBatch: number;
}

/** Picks a value for a row: its own bits come from `hash`. */
type Pick = (hash: CellHash, row: number) => number;

/** The row number, counted from 1. */
export function rowNumberColumn(name: string): GeneratedColumn {
  return {
    name,
    type: "integer",
    make(_seed, firstRow, rowCount) {
      const values = new Float64Array(rowCount);
      for (let index = 0; index < rowCount; index += 1) values[index] = firstRow + index + 1;
      return { kind: "integer", values };
    },
  };
}

export function integerColumn(name: string, salt: number, pick: Pick): GeneratedColumn {
  return {
    name,
    type: "integer",
    make: (seed, firstRow, rowCount) => ({
      kind: "integer",
      values: fill(new Float64Array(rowCount), new CellHash(seed, salt), firstRow, pick),
    }),
  };
}

/** `pick` gives the unscaled number: 1234 at a scale of 2 is 12.34; one row in `nullEvery` is null. */
export function decimalColumn(
  name: string,
  salt: number,
  [precision, scale]: readonly [number, number],
  pick: Pick,
  nullEvery?: number,
): GeneratedColumn {
  return {
    name,
    type: `decimal(${precision},${scale})`,
    make: (seed, firstRow, rowCount) => ({
      kind: "decimal",
      unscaled: fill(new Float64Array(rowCount), new CellHash(seed, salt), firstRow, pick),
      scale,
      ...nullsOf(nullEvery, salt, seed, firstRow, rowCount),
    }),
  };
}

export function floatColumn(name: string, salt: number, pick: Pick): GeneratedColumn {
  return {
    name,
    type: "float",
    make: (seed, firstRow, rowCount) => ({
      kind: "float",
      values: fill(new Float64Array(rowCount), new CellHash(seed, salt), firstRow, pick),
    }),
  };
}

/** `percent` of the rows are true. */
export function booleanColumn(name: string, salt: number, percent: number): GeneratedColumn {
  return {
    name,
    type: "boolean",
    make: (seed, firstRow, rowCount) => ({
      kind: "boolean",
      values: fill(new Uint8Array(rowCount), new CellHash(seed, salt), firstRow, (hash, row) =>
        hash.below(row, 100) < percent ? 1 : 0,
      ),
    }),
  };
}

/** Milliseconds since 1970, from `first` on, within a span; made in a loop of its own, where no number is boxed. */
export function timestampColumn(
  name: string,
  salt: number,
  [first, span]: readonly [number, number],
  nullEvery?: number,
): GeneratedColumn {
  return {
    name,
    type: "timestamp",
    make(seed, firstRow, rowCount) {
      const hash = new CellHash(seed, salt);
      const values = new Float64Array(rowCount);
      for (let index = 0; index < rowCount; index += 1)
        values[index] = first + Math.floor((hash.bits(firstRow + index) / 2 ** 32) * span);
      return {
        kind: "timestamp",
        unit: "ms",
        values,
        ...nullsOf(nullEvery, salt, seed, firstRow, rowCount),
      };
    },
  };
}

/** `pick` gives days since 1970. */
export function dateColumn(name: string, salt: number, pick: Pick): GeneratedColumn {
  return {
    name,
    type: "date",
    make: (seed, firstRow, rowCount) => ({
      kind: "date",
      values: fill(new Int32Array(rowCount), new CellHash(seed, salt), firstRow, pick),
    }),
  };
}

/** Text that repeats; `pick` gives a place in the dictionary, which all batches share. */
export function dictionaryColumn(
  name: string,
  salt: number,
  dictionary: readonly (string | null)[],
  pick: Pick = (hash, row) => hash.below(row, dictionary.length),
): GeneratedColumn {
  return {
    name,
    type: "text",
    make: (seed, firstRow, rowCount): DictionaryVector => ({
      kind: "dictionary",
      codes: fill(new Uint16Array(rowCount), new CellHash(seed, salt), firstRow, pick),
      dictionary,
    }),
  };
}

/** Text that doesn't repeat. */
export function textColumn(
  name: string,
  salt: number,
  write: (hash: CellHash, row: number) => string,
): GeneratedColumn {
  return {
    name,
    type: "text",
    make(seed, firstRow, rowCount) {
      const hash = new CellHash(seed, salt);
      const values: string[] = [];
      for (let index = 0; index < rowCount; index += 1) values.push(write(hash, firstRow + index));
      return { kind: "text", values };
    },
  };
}

/** Which rows are null: one in `every`, by bits that are apart from those of the values. */
function nullsOf(
  every: number | undefined,
  salt: number,
  seed: number,
  firstRow: number,
  rowCount: number,
): { readonly nulls?: NullMask } {
  if (every === undefined) return {};
  const hash = new CellHash(seed, salt + 1000);
  return {
    nulls: fill(new Uint8Array(rowCount), hash, firstRow, (bits, row) =>
      bits.below(row, every) === 0 ? 1 : 0,
    ),
  };
}

function fill<V extends Float64Array | Int32Array | Uint8Array | Uint16Array>(
  values: V,
  hash: CellHash,
  firstRow: number,
  pick: Pick,
): V {
  for (let index = 0; index < values.length; index += 1) values[index] = pick(hash, firstRow + index);
  return values;
}
