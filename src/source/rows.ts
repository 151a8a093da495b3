import { wrongType, type CodedError } from "../errors.ts";
import {
  type BodyKind,
  isAsyncIterable,
  isEventStream,
  isIterable,
  isNodeReadable,
  isThenable,
  isWebStream,
} from "../body/chunk-reader.ts";
import { describeValue, isChunk } from "../body/chunk.ts";
import type { Source } from "./source.ts";

/** A row: its values in the order of the columns, or an object with the columns' keys. */
export type Row = readonly unknown[] | object;

/** Something that yields rows: an iterable, a Node stream, a Web `ReadableStream`, or a whole source. */
export type RowSequence = Iterable<Row> | AsyncIterable<Row> | Source;

/** Makes the rows when the first is requested. The signal fires if they will not be read to their end. */
export type RowProducer = (context: {
  readonly signal: AbortSignal;
}) => RowSequence | PromiseLike<RowSequence>;

/** Rows, a promise of them, or a function that is called for each reading and returns either. */
export type Rows = RowSequence | PromiseLike<RowSequence> | RowProducer;

/** A source in the place of rows. Its batches are passed on unchanged. */
export class GivenSource {
  readonly source: Source;

  constructor(source: Source) {
    this.source = source;
  }
}

/** The kind of body that yields rows. A {@link Source} in its place is one item, a {@link GivenSource}. */
export const rowBody: BodyKind = {
  whole: (value) => {
    if (isChunk(value)) throw notRows(value);
    return isSource(value) ? [new GivenSource(value)] : undefined;
  },
  refusal: notRows,
};

function notRows(value: unknown): CodedError<TypeError> {
  return wrongType(
    `Rows can't be ${describeValue(value)}. Use an iterable, an async iterable or a stream of arrays or objects, a source, a promise of one, or a function that returns one.`,
  );
}

/** Whether rows are already a source. */
export function isSource(rows: unknown): rows is Source {
  if (typeof rows !== "object" || rows === null) return false;
  return (
    "read" in rows && typeof rows.read === "function" && "columns" in rows && Array.isArray(rows.columns)
  );
}

/**
 * Whether rows can be read only once: a stream, an iterator, or a promise of either. A function is called for each reading,
 * and a collection or an iterable query returns a new iterator.
 */
export function isReadOnce(rows: unknown): boolean {
  if (isEventStream(rows) || isNodeReadable(rows) || isWebStream(rows)) return true;
  if (isIterable(rows) || isAsyncIterable(rows)) return "next" in rows;
  return isThenable(rows);
}

/**
 * Checks rows that can be read more than once, without reading them.
 * @throws TypeError `SCSV_ARG_TYPE` for a value that can't be rows
 */
export function checkRows(rows: unknown): void {
  if (isChunk(rows)) throw notRows(rows);
  if (typeof rows === "function" || isIterable(rows) || isAsyncIterable(rows) || isSource(rows)) return;
  throw notRows(rows);
}
