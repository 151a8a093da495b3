import type { DuckDBVector } from "@duckdb/node-api";
import type { NullMask } from "../../csv/batch.ts";
import { StreamCsvError } from "../../errors.ts";

/**
 * Memory for the values of one column of a reading, taken again for each batch. A call copies what a vector holds, as
 * it lies in DuckDB's memory, which is gone once its chunk is.
 */
export function valueMemory(): (vector: DuckDBVector) => ArrayBuffer {
  let memory = new Uint8Array(0);
  return (vector) => {
    const values = rawValues(vector);
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

/** The null mask of a vector, from its validity bits; nothing when no row is null. */
export function nullsOf(vector: DuckDBVector): { readonly nulls?: NullMask } {
  const fields: object = vector;
  const validity = "validity" in fields ? fields.validity : undefined;
  if (typeof validity !== "object" || validity === null || !("data" in validity)) throw unknownShape(vector);
  if (validity.data === null) return {};
  if (!(validity.data instanceof BigUint64Array)) throw unknownShape(vector);
  const words = validity.data;
  const bits = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  const nulls = new Uint8Array(vector.itemCount);
  let count = 0;
  for (let row = 0; row < nulls.length; row += 1) {
    const isNull = (((bits[row >> 3] ?? 0) >> (row & 7)) & 1) ^ 1;
    nulls[row] = isNull;
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
