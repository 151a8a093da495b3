import type { Batch, MixedVector } from "../csv/batch.ts";
import { wrongRange } from "../errors.ts";
import { FieldReader } from "./field-reader.ts";
import type { RowColumn } from "./row-columns.ts";
import { checkedRow, isList, refuseNonRow, shownRow } from "./row-layout.ts";

/** The most rows of a batch, and the most values unless a single row has more: they are read in one turn of the event loop. */
export const rowsPerBatch = 256;
const valuesPerBatch = 16_384;

/** Collects the requested values of rows, which follow each other in one array. */
export class RowCollector {
  readonly #columnCount: number;
  /** The requested columns' positions in a row that is an array. */
  readonly #places: readonly number[];
  readonly #fields: FieldReader;
  readonly #readsJson: boolean;
  readonly #mostRows: number;
  #values: unknown[] = [];
  /** The vectors of a batch that was released, and their array, for the next batch. */
  #released: Released | undefined;
  #rowCount = 0;
  #rowsBefore = 0;
  /** The rows that the array has room for. Batches of one reading usually have the same size. */
  #room = 1;

  constructor(columns: readonly RowColumn[], places: readonly number[] | undefined, readsJson: boolean) {
    this.#columnCount = columns.length;
    this.#readsJson = readsJson;
    const wanted = wantedColumns(columns, places);
    this.#places = wanted.map(({ place }) => place);
    this.#mostRows = Math.max(1, Math.min(rowsPerBatch, Math.floor(valuesPerBatch / wanted.length)));
    this.#fields = new FieldReader(wanted.map(({ key }) => key));
  }

  add(item: unknown): void {
    const number = this.#rowsBefore + this.#rowCount + 1;
    const row = checkedRow(this.#readsJson ? shownRow(item) : item, number, this.#columnCount);
    const places = this.#places;
    const step = places.length;
    const at = this.#rowCount * step;
    if (at === this.#values.length) this.#grow();
    const values = this.#values;
    if (isList(row))
      for (let column = 0; column < step; column += 1) values[at + column] = row[places[column] ?? 0];
    else if (!this.#fields.read(row, values, at)) refuseNonRow(row, number);
    this.#rowCount += 1;
  }

  /** Whether the rows so far are as many as a batch has. */
  get isFull(): boolean {
    return this.#rowCount >= this.#mostRows;
  }

  /** The rows so far; the next ones begin another batch. */
  take(): Batch {
    const values = this.#values;
    const rowCount = this.#rowCount;
    const step = this.#places.length;
    this.#rowsBefore += rowCount;
    this.#rowCount = 0;
    this.#values = [];
    this.#room = rowCount;
    const known = this.#released?.values === values ? this.#released.columns : undefined;
    this.#released = undefined;
    const columns: readonly MixedVector[] =
      known ?? this.#places.map((_, first) => ({ kind: "mixed", values, first, step }));
    // Rows of few columns make little garbage, and an old array of new values costs the collector more.
    if (this.#mostRows === rowsPerBatch) return { rowCount, columns };
    let isReleased = false;
    return {
      rowCount,
      columns,
      release: () => {
        if (isReleased) return;
        isReleased = true;
        values.fill(undefined);
        this.#released = { values, columns };
      },
    };
  }

  #grow(): void {
    if (this.#rowCount === 0 && this.#released !== undefined && this.#places.length > 0) {
      this.#values = this.#released.values;
      return;
    }
    if (this.#rowCount > 0) this.#room = Math.min(this.#mostRows, 2 * this.#room);
    // The array is filled first, so that the engine does not change its representation with the first number or text.
    // oxlint-disable-next-line no-new-array -- growing a list value by value would take longer than everything else here
    const values = new Array<unknown>(this.#room * this.#places.length).fill(undefined);
    for (let index = 0; index < this.#values.length; index += 1) values[index] = this.#values[index];
    this.#values = values;
  }
}

/** What a consumer of a batch has given back. */
interface Released {
  readonly values: unknown[];
  readonly columns: readonly MixedVector[];
}

interface WantedColumn {
  readonly place: number;
  readonly key: string;
}

/** Returns the requested columns, by their positions. */
function wantedColumns(
  columns: readonly RowColumn[],
  places: readonly number[] | undefined,
): readonly WantedColumn[] {
  return (places ?? columns.map((_, place) => place)).map((place) => {
    const column = columns[place];
    if (column === undefined)
      throw wrongRange(`There is no column ${place}. There are ${columns.length}, counted from 0.`);
    return { place, key: column.key ?? column.name };
  });
}
