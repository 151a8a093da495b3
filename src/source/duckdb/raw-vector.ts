import type { DuckDBVector } from "@duckdb/node-api";
import type { NullMask } from "../../csv/batch.ts";
import { StreamCsvError } from "../../errors.ts";

/** Rows of a vector, from `from` to `to`, the latter excluded. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Memory for the values of one column of a reading, taken again for each batch. A call copies rows of a vector, as
 * they lie in DuckDB's memory, which is gone once its chunk is.
 */
export function valueMemory(): (vector: DuckDBVector, range: RowRange) => ArrayBuffer {
  let memory = new Uint8Array(0);
  return (vector, { from, to }) => {
    const all = rawValues(vector);
    const width = all.length / Math.max(1, vector.itemCount);
    const values = all.subarray(from * width, to * width);
    if (memory.length !== values.length) memory = new Uint8Array(values.length);
    memory.set(values);
    return memory.buffer;
  };
}

/** DuckDB's own memory of a vector's values: to be read at once, and never written to. */
export function rawValues(vector: DuckDBVector): Uint8Array {
  const fields: object = vector;
  const view = "items" in fields ? fields.items : "dataView" in fields ? fields.dataView : undefined;
  if (!ArrayBuffer.isView(view)) throw unknownShape(vector);
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** The null mask of a vector's rows, from its validity bits; nothing when none of them is null. */
export function nullsOf(vector: DuckDBVector, { from, to }: RowRange): { readonly nulls?: NullMask } {
  const fields: object = vector;
  const validity = "validity" in fields ? fields.validity : undefined;
  if (typeof validity !== "object" || validity === null || !("data" in validity)) throw unknownShape(vector);
  if (validity.data === null) return {};
  if (!(validity.data instanceof BigUint64Array)) throw unknownShape(vector);
  const words = validity.data;
  const bits = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  const nulls = new Uint8Array(to - from);
  let count = 0;
  for (let row = from; row < to; row += 1) {
    const isNull = (((bits[row >> 3] ?? 0) >> (row & 7)) & 1) ^ 1;
    nulls[row - from] = isNull;
    count += isNull;
  }
  return count === 0 ? {} : { nulls };
}

/** The fault of a client that has changed inside. */
export function unknownShape(vector: DuckDBVector): StreamCsvError {
  return new StreamCsvError(
    "SCSV_INTERNAL",
    `The installed @duckdb/node-api keeps ${vector.constructor.name} in another way than is known here.`,
    { hint: "Install the version of @duckdb/node-api that the package names." },
  );
}
