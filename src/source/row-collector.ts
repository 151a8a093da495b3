import type { Batch } from "../csv/batch.ts";
import { wrongRange } from "../errors.ts";
import { FieldReader } from "./field-reader.ts";
import type { RowColumn } from "./row-columns.ts";
import { checkedRow, isList, refuseNonRow, shownRow } from "./row-layout.ts";

/** The most rows of a batch. */
export const rowsPerBatch = 256;

/** Collects the requested values of rows, which follow each other in one array. */
export class RowCollector {
  readonly #columnCount: number;
  /** The requested columns' positions in a row that is an array. */
  readonly #places: readonly number[];
  readonly #fields: FieldReader;
  readonly #readsJson: boolean;
  #values: unknown[] = [];
  #rowCount = 0;
  #rowsBefore = 0;
  /** The rows that the array has room for. Batches of one reading usually have the same size. */
  #room = 1;

  constructor(columns: readonly RowColumn[], places: readonly number[] | undefined, readsJson: boolean) {
    this.#columnCount = columns.length;
    this.#readsJson = readsJson;
    const wanted = wantedColumns(columns, places);
    this.#places = wanted.map(({ place }) => place);
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

  /** The rows so far; the next ones begin another batch. */
  take(): Batch {
    const values = this.#values;
    const rowCount = this.#rowCount;
    const step = this.#places.length;
    this.#rowsBefore += rowCount;
    this.#rowCount = 0;
    this.#values = [];
    this.#room = rowCount;
    return { rowCount, columns: this.#places.map((_, first) => ({ kind: "mixed", values, first, step })) };
  }

  #grow(): void {
    if (this.#rowCount > 0) this.#room = Math.min(rowsPerBatch, 2 * this.#room);
    // The array is filled first, so that the engine does not change its representation with the first number or text.
    // oxlint-disable-next-line no-new-array -- growing a list value by value would take longer than everything else here
    const values = new Array<unknown>(this.#room * this.#places.length).fill(undefined);
    for (let index = 0; index < this.#values.length; index += 1) values[index] = this.#values[index];
    this.#values = values;
  }
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
