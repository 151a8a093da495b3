import { CsvEncoder } from "./csv/csv-encoder.ts";
import type { Batch } from "./csv/batch.ts";
import { checkOptionNames, requireSignal } from "./check-arguments.ts";
import { rowBatches, sourceBatches } from "./source/row-batches.ts";
import type { RowLayout } from "./source/row-layout.ts";
import { namedColumns, placesIn } from "./source/row-columns.ts";
import { isSource, rowBody, type Rows } from "./source/rows.ts";
import { type ChunkReader, readerOf } from "./body/chunk-reader.ts";
import { ItemReader } from "./body/item-reader.ts";
import { csvOptionNames, dialectOf, type CsvOptions } from "./csv-options.ts";
import { encodeBatches, noProgress } from "./body/encode-batches.ts";

/** How rows become chunks of text. */
export interface CsvChunksOptions extends CsvOptions {
  /** Aborting it releases the rows at once, and the iteration throws its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Encodes rows as CSV (RFC 4180), in chunks of about 32 to 64 KiB. The chunks belong to the caller.
 *
 * Nothing is read before the first chunk is asked for, and then no more than the chunk needs. The header and the first rows
 * come at once. Memory is bounded by one batch of rows and one chunk. The rows are released exactly once, however the
 * iteration ends. `return()` releases them at once, even before the first `next()` or while one is pending, and so does
 * `signal`: a producer's signal fires, a Node stream is destroyed, a Web stream is cancelled, and an iterator's `return()` is
 * called. If the rows fail and then their release fails too, the iteration throws the first error. A {@link Source} is read but
 * stays open; its owner closes it.
 * @param rows - arrays or objects, or something that yields them
 * @param options - columns, dialect and a signal
 * @throws RangeError `SCSV_ARG_RANGE` and TypeError `SCSV_ARG_TYPE` at the call, for rows or options that are
 *   invalid; the rows are then not touched
 * @throws StreamCsvError from the iteration, with row and column, for a value that has no text
 * @example
 * ```js
 * import { csvChunks } from "stream-csv";
 *
 * const decoder = new TextDecoder();
 * for await (const chunk of csvChunks([{ id: 1, name: "Ann" }], { dialect: "unix" }))
 *   console.log(decoder.decode(chunk).trim());
 * ```
 *
 * ```text
 * id,name
 * 1,Ann
 * ```
 */
export function csvChunks(
  rows: Rows,
  options: CsvChunksOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  checkOptionNames("csvChunks()", options, [...csvOptionNames, "signal"]);
  const { signal } = options;
  if (signal !== undefined) requireSignal(signal);
  return openChunks(rows, options, signal);
}

/** Opens the chunks; the names of the options were checked before. */
export function openChunks(rows: Rows, options: CsvOptions, signal?: AbortSignal): CsvChunks {
  const dialect = dialectOf(options);
  let columns = namedColumns(options.columns);
  if (isSource(rows) && rows.columns.length > 0) {
    if (columns !== undefined) placesIn(rows, columns);
    columns ??= rows.columns;
  }
  const reader = new ItemReader(rows, rowBody, signal);
  const layout: RowLayout = { columns };
  const batches = isSource(rows) ? sourceBatches(rows, reader, layout) : rowBatches(reader, layout);
  // The columns may be known only from the first row, so the encoder is made when that row is there.
  const encoder =
    columns === undefined
      ? () => new CsvEncoder(layout.columns ?? [], dialect)
      : new CsvEncoder(columns, dialect);
  const chunks = encodeBatches(batches, encoder, { ...noProgress });
  return new CsvChunks(reader, batches, chunks);
}

/**
 * A generator that can be closed at any time. JavaScript's own async generators delay a `return()` while a `next()` is
 * pending, and release nothing if they were never started.
 */
class CsvChunks implements AsyncGenerator<Uint8Array, void, undefined> {
  readonly #rows: ItemReader;
  readonly #batches: AsyncGenerator<Batch, void, undefined>;
  readonly #chunks: AsyncGenerator<Uint8Array, void, undefined>;

  constructor(
    rows: ItemReader,
    batches: AsyncGenerator<Batch, void, undefined>,
    chunks: AsyncGenerator<Uint8Array, void, undefined>,
  ) {
    this.#rows = rows;
    this.#batches = batches;
    this.#chunks = chunks;
  }

  async next(): Promise<IteratorResult<Uint8Array, void>> {
    try {
      return await this.#chunks.next();
    } catch (error) {
      // The header may have failed before any batch was asked for. A response, which closes its body too, gets what closing throws.
      await this.#close(error).catch(() => undefined);
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, void>> {
    await this.#close(undefined);
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<Uint8Array, void>> {
    await this.#close(error);
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close(undefined);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Used by a response, which closes its body with a reason. */
  [readerOf](): ChunkReader {
    const rows = this.#rows;
    return {
      read: () => this.next(),
      close: (reason) => this.#close(reason),
      get failure() {
        return rows.failure;
      },
    };
  }

  async #close(reason: unknown): Promise<void> {
    try {
      await this.#rows.close(reason);
    } finally {
      await this.#chunks.return();
      await this.#batches.return();
    }
  }
}
