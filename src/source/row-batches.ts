import { types } from "node:util";
import type { Batch } from "../csv/batch.ts";
import { StreamCsvError, wrongRange } from "../errors.ts";
import type { ItemReader } from "../body/item-reader.ts";
import { FieldReader } from "./field-reader.ts";
import { placesIn, shownColumns, type RowColumn } from "./row-columns.ts";
import { GivenSource, type Row } from "./rows.ts";
import type { Source } from "./source.ts";

/** Rows a batch holds at the most. */
const rowsPerBatch = 256;

/** What is known of the columns: given beforehand, or else by the first row or the source that the rows are. */
export interface RowLayout {
  columns: readonly RowColumn[] | undefined;
}

/** Which part of the rows is read. */
export interface RowSelection {
  /** @default all */
  readonly rows?: number;
  /** Columns by their places in the layout. @default all */
  readonly columns?: readonly number[];
}

/**
 * Rows as batches, one as soon as the rows pause, the first row at once. At most 256 rows are held. The reader is closed
 * at the end, whichever way it comes.
 * @throws StreamCsvError `SCSV_ROW_SHAPE`, with the row, for a row that is neither array nor object or has too many values
 */
export async function* rowBatches(
  reader: ItemReader,
  layout: RowLayout,
  selection: RowSelection = {},
): AsyncGenerator<Batch, void, undefined> {
  const { rows: limit = Number.POSITIVE_INFINITY, columns: places } = selection;
  let count = 0;
  let wanted: readonly WantedColumn[] | undefined;
  let fields: FieldReader | undefined;
  try {
    while (count < limit) {
      const most = Math.min(rowsPerBatch, limit - count);
      const taken = await reader.take(most, count === 0 ? isGivenSource : undefined);
      if (taken.length === 0) return;
      const [first] = taken;
      if (first instanceof GivenSource) {
        yield* sourceBatches(first.source, reader, layout, selection);
        return;
      }
      if (types.isPromise(first)) throw rowShape(count + 1, "is a promise, not an array or an object");
      layout.columns ??= shownColumns(checkedRow(first, 1));
      wanted ??= wantedColumns(layout.columns, places);
      fields ??= new FieldReader(wanted.map(({ key }) => key));
      yield batchOf(taken, count, layout.columns.length, wanted, fields);
      count += taken.length;
    }
  } finally {
    await reader.close();
  }
}

function isGivenSource(item: unknown): boolean {
  return item instanceof GivenSource;
}

/**
 * The batches of a source, which are those of its own reading: nothing is copied. The reader is the one that has the
 * source for its body.
 */
export async function* sourceBatches(
  source: Source,
  reader: ItemReader,
  layout: RowLayout,
  { rows: limit = Number.POSITIVE_INFINITY, columns: places }: RowSelection = {},
): AsyncGenerator<Batch, void, undefined> {
  // A source of rows of user code learns its columns from the first of them, so nothing can be chosen before.
  const isLate = source.columns.length === 0;
  let chosen = isLate ? null : chosenPlaces(source, layout, places);
  const selection = { ...(Number.isFinite(limit) && { rows: limit }), ...(chosen && { columns: chosen }) };
  const batches = source.read({ signal: reader.signal, ...selection })[Symbol.asyncIterator]();
  // An iterator that throws has ended by itself.
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
    // Now the body of the reader is at its end too, and its signal needn't fire.
    await reader.take(Number.POSITIVE_INFINITY);
  } finally {
    const returned = isEnded && !reader.isInterrupted ? undefined : batches.return?.();
    // A reading that is stuck in spite of its signal is left behind.
    if (reader.isInterrupted) returned?.catch(() => undefined);
    else await returned;
  }
}

/** The wanted columns by their places in the source; undefined for all, which a layout without columns takes over. */
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

/** The columns a reading wants, by their places. */
function wantedColumns(
  columns: readonly RowColumn[],
  places: readonly number[] | undefined,
): readonly WantedColumn[] {
  return (places ?? columns.map((_, place) => place)).map((place) => {
    const column = columns[place];
    if (column === undefined)
      throw wrongRange(`There is no column ${place}: there are ${columns.length}, counted from 0.`);
    return { place, key: column.key ?? column.name };
  });
}

/** The wanted values of rows, laid side by side in one array. */
function batchOf(
  rows: readonly unknown[],
  rowsBefore: number,
  columnCount: number,
  wanted: readonly WantedColumn[],
  reader: FieldReader,
): Batch {
  const step = wanted.length;
  // Filled at once, so that the engine doesn't change the array's form when a number or a text comes first.
  // oxlint-disable-next-line no-new-array -- a list made value by value takes longer than all that is done with it here
  const values = new Array<unknown>(rows.length * step).fill(undefined);
  let at = 0;
  for (let index = 0; index < rows.length; index += 1) {
    const row = checkedRow(rows[index], rowsBefore + index + 1, columnCount);
    if (isList(row))
      for (let column = 0; column < step; column += 1) values[at + column] = row[wanted[column]?.place ?? 0];
    else reader.read(row, values, at);
    at += step;
  }
  return {
    rowCount: rows.length,
    columns: wanted.map((_, first) => ({ kind: "mixed", values, first, step })),
  };
}

/** A row that has a shape rows may have. */
function checkedRow(row: unknown, number: number, columnCount = Number.POSITIVE_INFINITY): Row {
  if (typeof row !== "object" || row === null)
    throw rowShape(number, `is ${row === null ? "null" : `a ${typeof row}`}, not an array or an object`);
  if (isList(row) && row.length > columnCount)
    throw rowShape(number, `has ${row.length} values for ${columnCount} columns`);
  return row;
}

function isList(row: object): row is readonly unknown[] {
  return Array.isArray(row);
}

function rowShape(row: number, fault: string): StreamCsvError {
  return new StreamCsvError("SCSV_ROW_SHAPE", `Row ${row} ${fault}.`, { row });
}
