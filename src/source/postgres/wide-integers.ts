import { InstantValue } from "../../csv/value.ts";
import { ColumnMemory, type ColumnReading } from "./column-memory.ts";
import { wrongWidth, type RowFields } from "./row-fields.ts";

const microsecondsTo2000 = 946_684_800_000_000;

/** Integers of 64 bits; those that a `number` holds exactly are cheaper to write. */
export function int8s(): ColumnReading {
  const memory = new ColumnMemory(doubles, (values, _bytes, nulls) => ({
    kind: "integer",
    values,
    ...nulls,
  }));
  return (fields, column) =>
    readWide(fields, column, memory.values(fields.rows), "integer", 0)
      ? memory.vector(fields, column)
      : {
          kind: "integer",
          values: BigInt64Array.from(exactValues(fields, column)),
          nulls: Uint8Array.from({ length: fields.rows }, (_, row) => nullAt(fields, column, row)),
        };
}

/** Microseconds since 2000; the extreme numbers are the infinities. */
export function instants(isZoned: boolean): ColumnReading {
  const memory = new ColumnMemory(doubles, (values, _bytes, nulls) => ({
    kind: "timestamp",
    unit: "us",
    values,
    isZoned,
    ...nulls,
  }));
  return (fields, column) => {
    if (readWide(fields, column, memory.values(fields.rows), "timestamp", microsecondsTo2000))
      return memory.vector(fields, column);
    // Counted from 1970, the last instants of PostgreSQL don't fit into 64 bits.
    const values = exactValues(fields, column).map((value, row) =>
      nullAt(fields, column, row) === 1 ? null : new InstantValue(toUnixInstant(value), "us", isZoned),
    );
    return { kind: "mixed", values };
  };
}

function doubles(rows: number): Float64Array {
  return new Float64Array(rows);
}

/** Reads numbers of 64 bits with something added. @returns whether a `number` holds them all */
function readWide(
  { view, rows, columns, starts, ends, nulls }: RowFields,
  column: number,
  values: Float64Array,
  type: string,
  added: number,
): boolean {
  let isSafe = true;
  for (let row = 0, field = column; row < rows; row += 1, field += columns) {
    if (nulls[field] === 1) continue;
    const at = starts[field] ?? 0;
    if ((ends[field] ?? 0) - at !== 8) throw wrongWidth(type, 8, (ends[field] ?? 0) - at);
    // The greatest term comes last, so that only the sum is rounded, and never to a number that would be safe.
    const value = view.getUint32(at + 4) + added + view.getInt32(at) * 2 ** 32;
    values[row] = value;
    isSafe &&= Number.isSafeInteger(value);
  }
  return isSafe;
}

/** The same numbers exactly, with 0 for null; their widths were checked by `readWide`. */
function exactValues(fields: RowFields, column: number): readonly bigint[] {
  const { view, rows, columns, starts } = fields;
  return Array.from({ length: rows }, (_, row) =>
    nullAt(fields, column, row) === 1 ? 0n : view.getBigInt64(starts[row * columns + column] ?? 0),
  );
}

function nullAt({ columns, nulls }: RowFields, column: number, row: number): number {
  return nulls[row * columns + column] ?? 0;
}

/** The greatest and the least number of 64 bits are infinity and -infinity; ours is the negative of the greatest. */
function toUnixInstant(value: bigint): bigint {
  if (value === 2n ** 63n - 1n) return value;
  return value === -(2n ** 63n) ? value + 1n : value + BigInt(microsecondsTo2000);
}
