import type { ColumnVector, Utf8Vector } from "../../csv/batch.ts";
import { NumberTextValue } from "../../csv/value.ts";
import { ColumnMemory, type ColumnReading } from "./column-memory.ts";
import type { RowFields } from "./row-fields.ts";

/** Texts stay where they were received: no string for a cell. */
export function textFields(isText: boolean): ColumnReading {
  let vector: Utf8Vector | undefined;
  return ({ bytes, starts, ends, nulls, columns }, column) => {
    // The tables of places grow together.
    if (vector === undefined || vector.bytes !== bytes || vector.starts !== starts)
      vector = { kind: "utf8", bytes, starts, ends, nulls, first: column, step: columns, isText };
    return vector;
  };
}

/** JSON is copied as it is. */
export function jsonTexts(): ColumnReading {
  const memory = new ColumnMemory(places, ({ starts, ends }, bytes, nulls) => ({
    kind: "json-text",
    bytes,
    starts,
    ends,
    ...nulls,
  }));
  return (fields, column) => {
    readPlaces(fields, column, memory.values(fields.rows));
    return memory.vector(fields, column);
  };
}

/** Numerics without a limit come as text; NaN and the infinities among them can't be copied as numbers. */
export function numberTexts(): ColumnReading {
  const memory = new ColumnMemory(places, ({ starts, ends }, bytes, nulls) => ({
    kind: "number-text",
    bytes,
    starts,
    ends,
    ...nulls,
  }));
  return (fields, column) => {
    const { bytes, rows, columns, ends, nulls } = fields;
    for (let row = 0, field = column; row < rows; row += 1, field += columns) {
      // "NaN", "Infinity" and "-Infinity" end with a letter; a number never does.
      if (nulls[field] !== 1 && (bytes[(ends[field] ?? 0) - 1] ?? 0) > 0x39)
        return mixedNumbers(fields, column);
    }
    readPlaces(fields, column, memory.values(rows));
    return memory.vector(fields, column);
  };
}

function mixedNumbers(
  { bytes, rows, columns, starts, ends, nulls }: RowFields,
  column: number,
): ColumnVector {
  const values: unknown[] = [];
  const decoder = new TextDecoder();
  for (let row = 0, field = column; row < rows; row += 1, field += columns) {
    if (nulls[field] === 1) values.push(null);
    else {
      const text = decoder.decode(bytes.subarray(starts[field], ends[field]));
      const isFinite = /\d$/.test(text);
      values.push(isFinite ? new NumberTextValue(text) : Number(text));
    }
  }
  return { kind: "mixed", values };
}

/** Where the texts of one column lie, one behind the other. */
interface Places {
  readonly length: number;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

function places(rows: number): Places {
  return { length: rows, starts: new Uint32Array(rows), ends: new Uint32Array(rows) };
}

function readPlaces({ rows, columns, starts, ends }: RowFields, column: number, own: Places): void {
  for (let row = 0, field = column; row < rows; row += 1, field += columns) {
    own.starts[row] = starts[field] ?? 0;
    own.ends[row] = ends[field] ?? 0;
  }
}
