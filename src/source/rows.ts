import { wrongType, type CodedError } from "../errors.ts";
import {
  type BodyKind,
  isAsyncIterable,
  isIterable,
  isNodeReadable,
  isThenable,
  isWebStream,
} from "../body/chunk-reader.ts";
import { describeValue, isChunk } from "../body/chunk.ts";
import type { Source } from "./source.ts";

/** One row: its values in the columns' order, or an object that has them under the columns' keys. */
export type Row = readonly unknown[] | object;

/** Something that gives rows one after the other: an iterable, a Node stream, a Web `ReadableStream`, or a whole source. */
export type RowSequence = Iterable<Row> | AsyncIterable<Row> | Source;

/** Makes the rows when the first is asked for; the signal fires when they won't be read to their end. */
export type RowProducer = (context: {
  readonly signal: AbortSignal;
}) => RowSequence | PromiseLike<RowSequence>;

/** Rows, a promise of them, or a function that is called for each reading and returns either. */
export type Rows = RowSequence | PromiseLike<RowSequence> | RowProducer;

/** A source where rows could be: its batches are taken as they are. */
export class GivenSource {
  readonly source: Source;

  constructor(source: Source) {
    this.source = source;
  }
}

/** Bodies of rows; a {@link Source} among them is one item, a {@link GivenSource}. */
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

/** Whether rows are a source already. */
export function isSource(rows: unknown): rows is Source {
  if (typeof rows !== "object" || rows === null) return false;
  return (
    "read" in rows && typeof rows.read === "function" && "columns" in rows && Array.isArray(rows.columns)
  );
}

/**
 * Whether rows can be read but once: a stream, an iterator, or what waits for either. A function is called anew each time,
 * and a collection, or a query that is iterable, gives a new iterator.
 */
export function isReadOnce(rows: unknown): boolean {
  if (isNodeReadable(rows) || isWebStream(rows)) return true;
  if (isIterable(rows) || isAsyncIterable(rows)) return "next" in rows;
  return isThenable(rows);
}

/**
 * Checks what can be read more than once, without reading it.
 * @throws TypeError `SCSV_ARG_TYPE` for what can't be rows
 */
export function checkRows(rows: unknown): void {
  if (isChunk(rows)) throw notRows(rows);
  if (typeof rows === "function" || isIterable(rows) || isAsyncIterable(rows) || isSource(rows)) return;
  throw notRows(rows);
}
