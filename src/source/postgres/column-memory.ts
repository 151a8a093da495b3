import type { ColumnVector, NullMask } from "../../csv/batch.ts";
import type { RowFields } from "./row-fields.ts";

/** Rows that room is made for at first: about as many as one read of the socket brings. */
const usualRows = 512;

/** Reads the fields of a column. What it gives holds until the next call, and may be the same object then. */
export type ColumnReading = (fields: RowFields, column: number) => ColumnVector;

/** Makes a vector of values, of the bytes that were received, and of the nulls where there are any. */
type ToVector<A> = (values: A, bytes: Uint8Array, nulls: { readonly nulls?: NullMask }) => ColumnVector;

/**
 * The memory of one column in one reading, used again for each batch. While nothing has grown it gives the same vector again, for
 * which the encoder has a writer already.
 */
export class ColumnMemory<A extends { readonly length: number }> {
  readonly #make: (rows: number) => A;
  readonly #toVector: ToVector<A>;
  #values: A;
  #bytes: Uint8Array | undefined;
  #nulls: Uint8Array | undefined;
  #vector: ColumnVector | undefined;

  constructor(make: (rows: number) => A, toVector: ToVector<A>) {
    this.#make = make;
    this.#toVector = toVector;
    this.#values = make(usualRows);
  }

  /** Room for the values of so many rows. It holds what earlier batches have left; values of null rows are never read. */
  values(rows: number): A {
    if (rows > this.#values.length) {
      this.#values = this.#make(Math.max(rows, 2 * this.#values.length));
      this.#vector = undefined;
    }
    return this.#values;
  }

  /** The column with the values that were written last. */
  vector(fields: RowFields, column: number): ColumnVector {
    this.#readNulls(fields, column);
    if (fields.bytes !== this.#bytes) this.#vector = undefined;
    this.#bytes = fields.bytes;
    this.#vector ??= this.#toVector(
      this.#values,
      fields.bytes,
      this.#nulls === undefined ? {} : { nulls: this.#nulls },
    );
    return this.#vector;
  }

  /** A column that has had a null keeps its mask. */
  #readNulls({ rows, columns, nulls }: RowFields, column: number): void {
    if (this.#nulls === undefined && !hasNull(rows, columns, nulls, column)) return;
    if (this.#nulls === undefined || this.#nulls.length < rows) {
      this.#nulls = new Uint8Array(Math.max(rows, this.#values.length));
      this.#vector = undefined;
    }
    const mask = this.#nulls;
    for (let row = 0, field = column; row < rows; row += 1, field += columns) mask[row] = nulls[field] ?? 0;
  }
}

function hasNull(rows: number, columns: number, nulls: Uint8Array, column: number): boolean {
  for (let row = 0, field = column; row < rows; row += 1, field += columns)
    if (nulls[field] === 1) return true;
  return false;
}
