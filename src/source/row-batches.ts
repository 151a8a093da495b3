import type { Batch } from "../csv/batch.ts";
import type { ItemReader } from "../body/item-reader.ts";
import { RowCollector, rowsPerBatch } from "./row-collector.ts";
import { placesIn } from "./row-columns.ts";
import { learnColumns, type RowLayout } from "./row-layout.ts";
import { GivenSource } from "./rows.ts";
import type { Source } from "./source.ts";

/** The part of the rows to read. */
export interface RowSelection {
  /** @default all */
  readonly rows?: number;
  /** The columns, by their positions in the layout. @default all */
  readonly columns?: readonly number[];
}

/**
 * Groups rows into batches of at most 256 rows, or fewer if they have many columns. The first row is yielded at once, and further batches as soon as the rows
 * pause. The reader is closed however the iteration ends. After a failure, an error of closing it goes only to others who close it.
 * @throws StreamCsvError `SCSV_ROW_SHAPE`, with the row, for a row that is neither an array nor an object, is bytes or a source, is
 *   a promise or a `Map` without one of the columns as a property, or has too many values
 */
export async function* rowBatches(
  reader: ItemReader,
  layout: RowLayout,
  selection: RowSelection = {},
): AsyncGenerator<Batch, void, undefined> {
  const { rows: limit = Number.POSITIVE_INFINITY, columns: places } = selection;
  let count = 0;
  let hasFailed = false;
  let collector: RowCollector | undefined;
  // A producer may yield the same object again with other values, so each row is read before the next one is pulled.
  const read = (row: unknown): boolean => {
    if (collector === undefined) {
      if (row instanceof GivenSource) return true;
      collector = new RowCollector(learnColumns(layout, row), places, layout.readsJson === true);
    }
    collector.add(row);
    return collector.isFull;
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
  } catch (error) {
    hasFailed = true;
    throw error;
  } finally {
    const closing = reader.close();
    await (hasFailed ? closing.catch(() => undefined) : closing);
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
