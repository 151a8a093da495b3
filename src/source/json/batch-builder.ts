import type { Batch, ColumnVector } from "../../csv/batch.ts";
import { vectorValue } from "../../csv/vector-value.ts";
import {
  escapedStringCell,
  falseCell,
  floatCell,
  integerCell,
  jsonCell,
  noCell,
  spacedJsonCell,
  stringCell,
  trueCell,
} from "./cell-kind.ts";
import type { RecordScanner } from "./record-scanner.ts";
import { compactJson, writeUnescaped } from "./rewrite-text.ts";

/** The most rows and cells of a batch. Wide records come in fewer rows. */
const mostRows = 2048;
const mostCells = 65_536;

// Which kinds of cells a column has in a batch, as bits.
const numberBit = 1;
const booleanBit = 2;
const textBit = 4;
const jsonBit = 8;

const bits = new Uint8Array(16);
bits[integerCell] = numberBit;
bits[floatCell] = numberBit;
bits[falseCell] = booleanBit;
bits[trueCell] = booleanBit;
bits[stringCell] = textBit;
bits[jsonCell] = jsonBit;

/** One column of all batches; its arrays are parts of larger ones that all columns share. */
interface ColumnMemory {
  readonly kinds: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly nulls: Uint8Array;
}

/**
 * Builds the columns of a batch from records. Texts, numbers and nested values stay in the file's bytes, where only escapes are
 * resolved and white space is removed. In each batch a column has the narrowest kind of its values. JavaScript values are made
 * only if there are several kinds.
 */
export class BatchBuilder {
  /** The most rows of a batch. */
  readonly capacity: number;
  rowCount = 0;
  /** The position of each of the file's columns in the batch, or −1 if it is not requested. */
  readonly #slots: Int32Array;
  readonly #kinds: Uint8Array;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  /** By column: the kinds of its values in this batch as bits, and the number of values that are not null. */
  readonly #seen: Uint8Array;
  readonly #filled: Uint32Array;
  readonly #nulls: Uint8Array;
  /** Made with a column's first value, because a reading may see only a few of a hundred thousand columns. */
  readonly #columns: (ColumnMemory | undefined)[];
  readonly #noValues: ColumnVector;

  /** @param wanted places of different columns of the file, of so many */
  constructor(wanted: readonly number[], columnCount: number) {
    const width = wanted.length;
    this.capacity = Math.max(1, Math.min(mostRows, Math.floor(mostCells / Math.max(1, width))));
    this.#slots = new Int32Array(columnCount).fill(-1);
    for (const [slot, column] of wanted.entries()) this.#slots[column] = slot;
    const cells = this.capacity * width;
    this.#nulls = new Uint8Array(cells);
    this.#kinds = new Uint8Array(cells);
    this.#starts = new Uint32Array(cells);
    this.#ends = new Uint32Array(cells);
    this.#seen = new Uint8Array(width);
    this.#filled = new Uint32Array(width);
    this.#columns = wanted.map(() => undefined);
    // The same for all columns and batches, so that its writer can be reused.
    this.#noValues = { kind: "dictionary", codes: new Uint8Array(this.capacity), dictionary: [null] };
  }

  get isFull(): boolean {
    return this.rowCount === this.capacity;
  }

  /** Adds the record that a scanner has just scanned. */
  add(record: RecordScanner, bytes: Uint8Array): void {
    const { columns, kinds, starts, ends, count } = record;
    const row = this.rowCount;
    for (let cell = 0; cell < count; cell += 1) {
      const slot = this.#slots[columns[cell] ?? 0] ?? -1;
      if (slot < 0) continue;
      let kind = kinds[cell] ?? 0;
      const start = starts[cell] ?? 0;
      let end = ends[cell] ?? 0;
      if (kind === escapedStringCell) {
        end = writeUnescaped(bytes, start, end, bytes, start);
        kind = stringCell;
      } else if (kind === spacedJsonCell) {
        end = compactJson(bytes, start, end);
        kind = jsonCell;
      }
      const at = slot * this.capacity + row;
      this.#kinds[at] = kind;
      this.#starts[at] = start;
      this.#ends[at] = end;
      this.#seen[slot] = (this.#seen[slot] ?? 0) | (bits[kind] ?? 0);
      this.#filled[slot] = (this.#filled[slot] ?? 0) + 1;
    }
    this.rowCount = row + 1;
  }

  /** Returns the batch of the added records and starts an empty one. `places` are the batch's columns among the requested ones. */
  take(bytes: Uint8Array, places: readonly number[]): Batch {
    const { rowCount } = this;
    const vectors = this.#columns.map((_, slot) => this.#vectorOf(slot, bytes));
    this.rowCount = 0;
    this.#kinds.fill(noCell);
    this.#seen.fill(0);
    this.#filled.fill(0);
    return { rowCount, columns: places.map((place) => vectors[place] ?? this.#noValues) };
  }

  #vectorOf(slot: number, bytes: Uint8Array): ColumnVector {
    const seen = this.#seen[slot] ?? 0;
    if (seen === 0) return this.#noValues;
    const memory = this.#memoryOf(slot);
    const { starts, ends, kinds } = memory;
    const nulls = this.#filled[slot] === this.rowCount ? {} : { nulls: this.#nullsOf(memory) };
    switch (seen) {
      case numberBit:
        return { kind: "number-text", bytes, starts, ends, ...nulls };
      case textBit:
        return { kind: "utf8", bytes, starts, ends, ...nulls };
      case jsonBit:
        return { kind: "json-text", bytes, starts, ends, ...nulls };
      case booleanBit:
        return { kind: "boolean", values: kinds.map((kind) => (kind === trueCell ? 1 : 0)), ...nulls };
      default:
        return { kind: "mixed", values: this.#valuesOf(memory, bytes) };
    }
  }

  #memoryOf(slot: number): ColumnMemory {
    const [from, to] = [slot * this.capacity, (slot + 1) * this.capacity];
    const memory = this.#columns[slot] ?? {
      kinds: this.#kinds.subarray(from, to),
      starts: this.#starts.subarray(from, to),
      ends: this.#ends.subarray(from, to),
      nulls: this.#nulls.subarray(from, to),
    };
    this.#columns[slot] = memory;
    return memory;
  }

  #nullsOf({ kinds, nulls }: ColumnMemory): Uint8Array {
    for (let row = 0; row < this.rowCount; row += 1) nulls[row] = kinds[row] === noCell ? 1 : 0;
    return nulls;
  }

  #valuesOf({ kinds, starts, ends }: ColumnMemory, bytes: Uint8Array): readonly unknown[] {
    const vectors = cellVectors(bytes, starts, ends);
    // oxlint-disable-next-line no-new-array -- growing a list value by value would take longer than everything else here
    const values = new Array<unknown>(this.rowCount).fill(null);
    for (let row = 0; row < this.rowCount; row += 1) {
      const kind = kinds[row] ?? noCell;
      if (kind === noCell) continue;
      const vector = vectors[kind];
      values[row] = vector === undefined ? kind === trueCell : vectorValue(vector, row);
    }
    return values;
  }
}

/** Vectors that return single values, by kind of cell. Booleans have none, because they have no text. */
function cellVectors(
  bytes: Uint8Array,
  starts: Uint32Array,
  ends: Uint32Array,
): readonly (ColumnVector | undefined)[] {
  const vectors: (ColumnVector | undefined)[] = Array.from({ length: jsonCell + 1 });
  vectors[integerCell] = { kind: "number-text", bytes, starts, ends };
  vectors[floatCell] = vectors[integerCell];
  vectors[stringCell] = { kind: "utf8", bytes, starts, ends };
  vectors[jsonCell] = { kind: "json-text", bytes, starts, ends };
  return vectors;
}
