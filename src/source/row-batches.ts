import type { Batch } from "../csv/batch.ts";
import { StreamCsvError, wrongRange } from "../errors.ts";
import { formatCountOf } from "../units.ts";
import { describeValue } from "../body/chunk.ts";
import type { ItemReader } from "../body/item-reader.ts";
import { FieldReader } from "./field-reader.ts";
import { placesIn, shownColumns, type RowColumn } from "./row-columns.ts";
import { describeNonRow, isBytes, isPlainObject } from "./row-kind.ts";
import { GivenSource, type Row } from "./rows.ts";
import type { Source } from "./source.ts";

/** The most rows of a batch. */
const rowsPerBatch = 256;

/** The columns: given in advance, or taken from the first row or from the source that yields the rows. */
export interface RowLayout {
  columns: readonly RowColumn[] | undefined;
}

/** The part of the rows to read. */
export interface RowSelection {
  /** @default all */
  readonly rows?: number;
  /** The columns, by their positions in the layout. @default all */
  readonly columns?: readonly number[];
}

/**
 * Groups rows into batches of at most 256 rows. The first row is yielded at once, and further batches as soon as the rows
 * pause. The reader is closed however the iteration ends.
 * @throws StreamCsvError `SCSV_ROW_SHAPE`, with the row, for a row that is neither an array nor an object, or one without
 *   properties such as a promise or a `Map`, or has too many values
 */
export async function* rowBatches(
  reader: ItemReader,
  layout: RowLayout,
  selection: RowSelection = {},
): AsyncGenerator<Batch, void, undefined> {
  const { rows: limit = Number.POSITIVE_INFINITY, columns: places } = selection;
  let count = 0;
  let collector: RowCollector | undefined;
  // A producer may yield the same object again with other values, so each row is read before the next one is pulled.
  const read = (row: unknown): boolean => {
    if (collector === undefined) {
      if (row instanceof GivenSource) return true;
      layout.columns ??= columnsOf(checkedRow(row, 1));
      collector = new RowCollector(layout.columns, places);
    }
    collector.add(row);
    return false;
  };
  try {
    while (count < limit) {
      const taken = await reader.take(Math.min(rowsPerBatch, limit - count), read);
      if (taken.length === 0) return;
      const [first] = taken;
      if (first instanceof GivenSource) {
        yield* sourceBatches(first.source, reader, layout, selection);
        return;
      }
      if (collector !== undefined) yield collector.take();
      count += taken.length;
    }
  } finally {
    await reader.close();
  }
}

/**
 * Yields the batches of a source's own reading, without copying. `reader` is the reader whose body is the source.
 */
export async function* sourceBatches(
  source: Source,
  reader: ItemReader,
  layout: RowLayout,
  { rows: limit = Number.POSITIVE_INFINITY, columns: places }: RowSelection = {},
): AsyncGenerator<Batch, void, undefined> {
  // A source of user code's rows may know its columns only from the first row, so columns can't be chosen before.
  const isLate = source.columns.length === 0;
  let chosen = isLate ? null : chosenPlaces(source, layout, places);
  const selection = { ...(Number.isFinite(limit) && { rows: limit }), ...(chosen && { columns: chosen }) };
  const batches = source.read({ signal: reader.signal, ...selection })[Symbol.asyncIterator]();
  // An iterator that throws has already ended.
  let isEnded = true;
  try {
    for (;;) {
      const step = await reader.wait(batches.next());
      if (step.done === true) break;
      isEnded = false;
      if (chosen === null) chosen = chosenPlaces(source, layout, places);
      yield isLate ? pickedColumns(step.value, chosen) : step.value;
      isEnded = true;
    }
    // The reader's body has now ended too, so its signal need not fire.
    await reader.take(Number.POSITIVE_INFINITY);
  } finally {
    const returned = isEnded && !reader.isInterrupted ? undefined : batches.return?.();
    // A reading that does not react to its signal is abandoned.
    if (reader.isInterrupted) returned?.catch(() => undefined);
    else await returned;
  }
}

/** Returns the positions of the requested columns in the source, or undefined for all. A layout without columns adopts all. */
function chosenPlaces(
  source: Source,
  layout: RowLayout,
  places: readonly number[] | undefined,
): readonly number[] | undefined {
  const isAll = layout.columns === undefined || layout.columns === source.columns;
  layout.columns ??= source.columns;
  if (isAll) return places;
  const inSource = placesIn(source, layout.columns);
  return places === undefined ? inSource : places.map((place) => inSource[place] ?? -1);
}

function pickedColumns(batch: Batch, places: readonly number[] | undefined): Batch {
  if (places === undefined) return batch;
  return {
    rowCount: batch.rowCount,
    columns: places.flatMap((place) => batch.columns[place] ?? []),
    release: () => batch.release?.(),
  };
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

/** Collects the requested values of rows, which follow each other in one array. */
class RowCollector {
  readonly #columnCount: number;
  /** The requested columns' positions in a row that is an array. */
  readonly #places: readonly number[];
  readonly #fields: FieldReader;
  #values: unknown[] = [];
  #rowCount = 0;
  #rowsBefore = 0;
  /** The rows that the array has room for. Batches of one reading usually have the same size. */
  #room = 1;

  constructor(columns: readonly RowColumn[], places: readonly number[] | undefined) {
    this.#columnCount = columns.length;
    const wanted = wantedColumns(columns, places);
    this.#places = wanted.map(({ place }) => place);
    this.#fields = new FieldReader(wanted.map(({ key }) => key));
  }

  add(item: unknown): void {
    const number = this.#rowsBefore + this.#rowCount + 1;
    const row = checkedRow(item, number, this.#columnCount);
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

/** Checks the shape of a row and returns it. */
function checkedRow(row: unknown, number: number, columnCount = Number.POSITIVE_INFINITY): Row {
  if (typeof row !== "object" || row === null)
    throw rowShape(number, `is ${row === null ? "null" : `a ${typeof row}`}, not an array or an object`);
  if (isList(row) && row.length > columnCount)
    throw rowShape(
      number,
      `has ${formatCountOf(row.length, "value")} for ${formatCountOf(columnCount, "column")}`,
    );
  return row;
}

/** The columns that the first row shows. */
function columnsOf(first: Row): readonly RowColumn[] {
  const columns = shownColumns(first);
  if (isBytes(first)) throw notRow(1, describeValue(first));
  if (columns.length > 0 || isList(first)) return columns;
  refuseNonRow(first, 1);
  if (isPlainObject(first)) return columns;
  throw new StreamCsvError(
    "SCSV_ROW_SHAPE",
    `Row 1 is ${describeValue(first)} and has no properties of its own that tell the columns.`,
    { row: 1, hint: "Name them with columns, or yield plain objects." },
  );
}

/** Refuses an object of which no value was found because of what it is. */
function refuseNonRow(row: object, number: number): void {
  const description = describeNonRow(row);
  if (description !== undefined) throw notRow(number, description);
}

function notRow(number: number, description: string): StreamCsvError {
  return rowShape(number, `is ${description}, not an array or an object`);
}

function isList(row: object): row is readonly unknown[] {
  return Array.isArray(row);
}

function rowShape(row: number, fault: string): StreamCsvError {
  return new StreamCsvError("SCSV_ROW_SHAPE", `Row ${row} ${fault}.`, { row });
}
