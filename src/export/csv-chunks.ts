import { CsvEncoder } from "../csv/csv-encoder.ts";
import type { Batch } from "../csv/batch.ts";
import type { Dialect, DialectName, DialectOptions } from "../csv/dialect.ts";
import { resolveDialect, type NamedDialectOptions } from "../csv/resolve-dialect.ts";
import { wrongRange } from "../errors.ts";
import type { Rows } from "../source/row-reader.ts";
import { rowsSource, type ColumnOption } from "../source/rows-source.ts";
import type { Source } from "../source/source.ts";
import { encodeBatches, noProgress } from "./run.ts";

/** How rows become text, in one flat object: columns, a dialect, and options that replace the dialect's own. */
export interface CsvOptions extends DialectOptions {
  /**
   * Which columns, in order: the keys of objects or of a source, with other names for the header row where wanted; the
   * names of the cells where rows are arrays. @default all of the source, or those of the first row
   */
  readonly columns?: readonly ColumnOption[];
  /** @default "rfc4180" */
  readonly dialect?: DialectName | NamedDialectOptions;
}

/**
 * The text of rows as CSV (RFC 4180), in chunks of about 32 to 64 KiB that belong to whoever receives them.
 *
 * Nothing is read before the first chunk is asked for, and nothing beyond what a chunk needs; the header and the first
 * rows come at once. Memory is bounded by one batch of rows and one chunk. Ending the iteration early, or aborting
 * `signal`, releases the rows: their iterator's `return()` is called, and a producer function's signal fires.
 * @throws RangeError `SCSV_ARG_RANGE` and TypeError `SCSV_ARG_TYPE` at the call, for options that can't be
 * @throws StreamCsvError from the iteration, with row and column, for a value that has no text
 * @example
 * for await (const chunk of csvChunks([{ id: 1, name: "Ann" }], { dialect: "unix" })) process.stdout.write(chunk);
 */
export function csvChunks(
  rows: Rows | Source,
  options: CsvOptions = {},
  { signal = new AbortController().signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const dialect = dialectOf(options);
  if (isSource(rows)) return encodeSource(rows, pickColumns(rows, options.columns), dialect, signal);
  return encodeRows(
    rowsSource(rows, options.columns === undefined ? {} : { columns: options.columns }),
    dialect,
    signal,
  );
}

/** The dialect that options describe. */
export function dialectOf(options: CsvOptions): Dialect {
  const { columns: _columns, dialect, ...overrides } = options;
  return resolveDialect(dialect, overrides);
}

interface PickedColumn {
  readonly index: number;
  /** What the header row calls it. */
  readonly name: string;
}

function encodeSource(
  source: Source,
  columns: readonly PickedColumn[],
  dialect: Dialect,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const batches = source.read({ signal, columns: columns.map(({ index }) => index) });
  return encodeBatches(batches, new CsvEncoder(columns, dialect), { ...noProgress });
}

/** Rows may name their columns only by the first of them, so the encoder is made when that is there. */
async function* encodeRows(
  source: Source,
  dialect: Dialect,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const batches = source.read({ signal })[Symbol.asyncIterator]();
  try {
    const first = await batches.next();
    const encoder = new CsvEncoder(source.columns, dialect);
    yield* encodeBatches(startingWith(first, batches), encoder, { ...noProgress });
  } finally {
    // Also when the header has no text, and nothing has been asked of the batches yet.
    await batches.return?.();
  }
}

/** An iteration again, of which the first step has been taken already. */
async function* startingWith(
  first: IteratorResult<Batch>,
  rest: AsyncIterator<Batch>,
): AsyncGenerator<Batch, void, undefined> {
  for (let step = first; step.done !== true; step = await rest.next()) yield step.value;
}

function pickColumns(source: Source, columns: CsvOptions["columns"]): readonly PickedColumn[] {
  if (columns === undefined) return source.columns.map(({ name }, index) => ({ index, name }));
  return columns.map((column) => {
    const { key, header = key } = typeof column === "string" ? { key: column } : column;
    const index = source.columns.findIndex(({ name }) => name === key);
    if (index >= 0) return { index, name: header };
    const known = source.columns.map(({ name }) => name).join(", ");
    throw wrongRange(`The source "${source.name}" has no column "${key}"; it has ${known}.`);
  });
}

function isSource(rows: Rows | Source): rows is Source {
  return typeof rows === "object" && "read" in rows && "columns" in rows;
}
