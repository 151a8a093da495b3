import type { ColumnVector, NullMask } from "../../csv/batch.ts";
import type { ColumnDescription } from "../source.ts";
import { CellHash } from "./cell-hash.ts";

/** A column of a generated export: what it is called, and how rows of it are made. */
export interface GeneratedColumn extends ColumnDescription {
  /** Gets ready to make rows, at most `mostRows` at a time. */
  begin(seed: number, mostRows: number): ColumnMaker;
}

/**
 * Values of `rowCount` rows from row number `firstRow` on, which counts from 0. The vector is the same each time, so that
 * no memory is needed for a batch that an earlier one hasn't used already.
 */
export type ColumnMaker = (firstRow: number, rowCount: number) => ColumnVector;

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
    begin(_seed, mostRows) {
      const values = new Float64Array(mostRows);
      const vector = { kind: "integer", values } as const;
      return (firstRow, rowCount) => {
        for (let index = 0; index < rowCount; index += 1) values[index] = firstRow + index + 1;
        return vector;
      };
    },
  };
}

export function integerColumn(name: string, salt: number, pick: Pick): GeneratedColumn {
  return {
    name,
    type: "integer",
    begin(seed, mostRows) {
      const values = new Float64Array(mostRows);
      return maker({ kind: "integer", values }, filler(values, new CellHash(seed, salt), pick));
    },
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
    begin(seed, mostRows) {
      const unscaled = new Float64Array(mostRows);
      const fill = filler(unscaled, new CellHash(seed, salt), pick);
      return withNulls({ kind: "decimal", unscaled, scale }, fill, nullEvery, [seed, salt, mostRows]);
    },
  };
}

export function floatColumn(name: string, salt: number, pick: Pick): GeneratedColumn {
  return {
    name,
    type: "float",
    begin(seed, mostRows) {
      const values = new Float64Array(mostRows);
      return maker({ kind: "float", values }, filler(values, new CellHash(seed, salt), pick));
    },
  };
}

/** `percent` of the rows are true. */
export function booleanColumn(name: string, salt: number, percent: number): GeneratedColumn {
  const pick: Pick = (hash, row) => (hash.below(row, 100) < percent ? 1 : 0);
  return {
    name,
    type: "boolean",
    begin(seed, mostRows) {
      const values = new Uint8Array(mostRows);
      return maker({ kind: "boolean", values }, filler(values, new CellHash(seed, salt), pick));
    },
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
    begin(seed, mostRows) {
      const hash = new CellHash(seed, salt);
      const values = new Float64Array(mostRows);
      const fill = (firstRow: number, rowCount: number): void => {
        for (let index = 0; index < rowCount; index += 1)
          values[index] = first + Math.floor((hash.bits(firstRow + index) / 2 ** 32) * span);
      };
      return withNulls({ kind: "timestamp", unit: "ms", values }, fill, nullEvery, [seed, salt, mostRows]);
    },
  };
}

/** `pick` gives days since 1970. */
export function dateColumn(name: string, salt: number, pick: Pick): GeneratedColumn {
  return {
    name,
    type: "date",
    begin(seed, mostRows) {
      const values = new Int32Array(mostRows);
      return maker({ kind: "date", values }, filler(values, new CellHash(seed, salt), pick));
    },
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
    begin(seed, mostRows) {
      const codes = new Uint16Array(mostRows);
      return maker({ kind: "dictionary", codes, dictionary }, filler(codes, new CellHash(seed, salt), pick));
    },
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
    begin(seed, mostRows) {
      const hash = new CellHash(seed, salt);
      const values = Array.from({ length: mostRows }, () => "");
      const fill = (firstRow: number, rowCount: number): void => {
        for (let index = 0; index < rowCount; index += 1) values[index] = write(hash, firstRow + index);
      };
      return maker({ kind: "text", values }, fill);
    },
  };
}

type Fill = (firstRow: number, rowCount: number) => void;

function maker(vector: ColumnVector, fill: Fill): ColumnMaker {
  return (firstRow, rowCount) => {
    fill(firstRow, rowCount);
    return vector;
  };
}

/** The same with nulls: one row in `every`, by bits that are apart from those of the values. */
function withNulls(
  vector: Extract<ColumnVector, { readonly nulls?: NullMask }>,
  fill: Fill,
  every: number | undefined,
  [seed, salt, mostRows]: readonly [seed: number, salt: number, mostRows: number],
): ColumnMaker {
  if (every === undefined) return maker(vector, fill);
  const nulls = new Uint8Array(mostRows);
  const fillNulls = filler(nulls, new CellHash(seed, salt + 1000), (hash, row) =>
    hash.below(row, every) === 0 ? 1 : 0,
  );
  return maker({ ...vector, nulls }, (firstRow, rowCount) => {
    fill(firstRow, rowCount);
    fillNulls(firstRow, rowCount);
  });
}

function filler(
  values: Float64Array | Int32Array | Uint8Array | Uint16Array,
  hash: CellHash,
  pick: Pick,
): Fill {
  return (firstRow, rowCount) => {
    for (let index = 0; index < rowCount; index += 1) values[index] = pick(hash, firstRow + index);
  };
}
