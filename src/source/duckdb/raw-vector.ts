import type { DuckDBVector } from "@duckdb/node-api";
import type { NullMask } from "../../csv/batch.ts";
import { StreamCsvError } from "../../errors.ts";

/** Rows of a vector, from `from` (included) to `to` (excluded). */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Memory for the values of one column of a reading, reused for each batch. A call copies rows of a vector from DuckDB's memory,
 * which is valid only as long as its chunk.
 */
export function valueMemory(bytesPerValue: number): (vector: DuckDBVector, range: RowRange) => ArrayBuffer {
  let memory = new Uint8Array(0);
  return (vector, { from, to }) => {
    const values = rawValues(vector, bytesPerValue).subarray(from * bytesPerValue, to * bytesPerValue);
    if (memory.length !== values.length) memory = new Uint8Array(values.length);
    memory.set(values);
    return memory.buffer;
  };
}

/** DuckDB's own memory of a vector's values, of a fixed size each. Read it at once, and never write to it. */
export function rawValues(vector: DuckDBVector, bytesPerValue: number): Uint8Array {
  const fields: object = vector;
  const view = "items" in fields ? fields.items : "dataView" in fields ? fields.dataView : undefined;
  if (!ArrayBuffer.isView(view) || view.byteLength !== vector.itemCount * bytesPerValue)
    throw unknownShape(vector);
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Returns a private field of a client's object, or undefined if it does not exist. */
export function fieldOf(object: object, name: string): unknown {
  return name in object ? (object as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** Returns the null mask of a vector's rows from its validity bits, or undefined if none of them is null. */
export function nullsOf(vector: DuckDBVector, { from, to }: RowRange): { readonly nulls?: NullMask } {
  const fields: object = vector;
  const validity = "validity" in fields ? fields.validity : undefined;
  if (typeof validity !== "object" || validity === null || !("data" in validity)) throw unknownShape(vector);
  if (validity.data === null) return {};
  if (!(validity.data instanceof BigUint64Array)) throw unknownShape(vector);
  const words = validity.data;
  const bits = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  if (8 * bits.length < to) throw unknownShape(vector);
  const nulls = new Uint8Array(to - from);
  let count = 0;
  for (let row = from; row < to; row += 1) {
    const isNull = (((bits[row >> 3] ?? 0) >> (row & 7)) & 1) ^ 1;
    nulls[row - from] = isNull;
    count += isNull;
  }
  return count === 0 ? {} : { nulls };
}

/** The fault of a client with an unknown vector layout. The check at the client's first use finds it. */
export function unknownShape(vector: DuckDBVector): StreamCsvError {
  return new StreamCsvError(
    "SCSV_INTERNAL",
    `The installed @duckdb/node-api keeps its ${vector.constructor.name} in a way that stream-csv doesn't know.`,
    { hint: "Install a version of @duckdb/node-api from the range that stream-csv names as its peer." },
  );
}
