import { requireMethods, requireObject, requireText } from "../check-arguments.ts";
import { textOf, wrongRange, wrongType } from "../errors.ts";
import { notAmong } from "../similar-name.ts";
import type { Batch } from "./batch.ts";
import { checkBatch, checkRowCount } from "./check-batch.ts";
import { ownMemory, type ChunkMemory } from "./chunk-memory.ts";
import { dialects, type Dialect } from "./dialect.ts";
import { type EncoderName, encoderNames } from "./encoder-name.ts";
import { fastWriter } from "./fast-writer.ts";
import { quoteLeadingMark } from "./quote-leading-mark.ts";
import { checkDialect } from "./resolve-dialect.ts";
import type { RowWriter } from "./row-writer.ts";
import { stringifyWriter } from "./stringify-writer.ts";

/** The ways rows are written, by name; all give the same bytes. */
const writers = { fast: fastWriter, "csv-stringify": stringifyWriter } as const satisfies Readonly<
  Record<EncoderName, unknown>
>;

/** A column as the header row names it. */
export interface CsvColumn {
  readonly name: string;
}

/**
 * Turns batches of rows into the bytes of a CSV text (RFC 4180) in UTF-8, in the order given.
 *
 * It is pure and synchronous. Between calls it holds only counters and the columns of the last batch. So memory is bounded by
 * one batch and its text, and time is linear in the text. The chunks belong to the caller, unless the encoder was given a
 * memory that lends them. After a call has thrown, the encoder can't be used for further rows.
 * @example
 * ```js
 * import { CsvEncoder } from "stream-csv";
 *
 * const encoder = new CsvEncoder([{ name: "id" }, { name: "name" }]);
 * const ids = { kind: "integer", values: Int32Array.of(1) };
 * const names = { kind: "text", values: ["Ann"] };
 * const text = (bytes) => new TextDecoder().decode(bytes).trim();
 * console.log(text(encoder.header()));
 * console.log(text(encoder.encode({ rowCount: 1, columns: [ids, names] })));
 * ```
 *
 * ```text
 * id,name
 * 1,Ann
 * ```
 */
export class CsvEncoder {
  readonly columns: readonly CsvColumn[];
  readonly dialect: Dialect;
  readonly #writer: RowWriter;
  #rowCount = 0;
  /** The batch that the last call left unfinished. It has been checked. */
  #begun: { readonly columns: Batch["columns"]; readonly rowCount: number; readonly to: number } | undefined;

  /**
   * @throws TypeError `SCSV_ARG_TYPE` and RangeError `SCSV_ARG_RANGE` for columns, a dialect, an encoder or a memory that
   *   can't be
   */
  constructor(
    columns: readonly CsvColumn[],
    dialect: Dialect = dialects.rfc4180,
    encoder: EncoderName = "fast",
    memory: ChunkMemory = ownMemory,
  ) {
    checkColumns(columns);
    checkDialect(dialect);
    if (!encoderNames.includes(encoder))
      throw wrongRange(notAmong(textOf(encoder), "an encoder", encoderNames));
    requireMethods("memory", memory, "take");
    this.columns = columns;
    this.dialect = dialect;
    this.#writer = writers[encoder](
      columns.map(({ name }) => name),
      dialect,
      memory,
    );
  }

  /** Rows encoded so far, the header row apart. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Cells and headers that were changed so far to be safe for spreadsheets: formulas and, by `textNumbers`, numbers. */
  get guardedCells(): number {
    return this.#writer.guardedCells;
  }

  /**
   * Bytes of text to ask for in one call, so that it takes about a millisecond: a call keeps the event loop for itself.
   * 64 KiB, with which writing costs little and a paused client holds little; less where the encoder is slow.
   */
  get chunkBytes(): number {
    return this.#writer.chunkBytes;
  }

  /**
   * The beginning of the text: byte order mark and header row, as far as the dialect has them; else no bytes.
   * @throws StreamCsvError `SCSV_FORMULA` when a header is a formula and the dialect rejects them
   */
  header(): Uint8Array {
    return quoteLeadingMark(this.#writer.header(), this.dialect);
  }

  /**
   * Rows `from` to `to`, the latter excluded, each with its line ending.
   * @throws StreamCsvError `SCSV_INVALID_DATE`, `SCSV_NON_FINITE`, `SCSV_FORMULA`, `SCSV_NO_TEXT`, with row and column
   * @throws TypeError `SCSV_ARG_TYPE` for a value that is not a batch
   * @throws RangeError `SCSV_ARG_RANGE` when the batch has other columns, or fewer rows, a vector of it fewer values than it has
   *   rows or a text outside of its bytes, or its text exceeds 2 GiB
   */
  encode(batch: Batch, from = 0, to?: number): Uint8Array {
    if (this.#begun === undefined || !isContinued(this.#begun, batch, from)) checkBatch(batch);
    this.#begun = undefined;
    const end = to === undefined ? batch.rowCount : to;
    if (batch.columns.length !== this.columns.length)
      throw wrongRange(
        `The batch has ${batch.columns.length} columns, and the encoder ${this.columns.length}.`,
      );
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(end))
      throw wrongType(`Rows ${String(from)} to ${String(end)} aren't whole numbers.`);
    if (!(from >= 0 && from <= end && end <= batch.rowCount))
      throw wrongRange(`Rows ${from} to ${end} aren't within a batch of ${batch.rowCount} rows.`);
    const rows = this.#writer.encode(batch, from, end, this.#rowCount + 1);
    const isFirst = this.#rowCount === 0 && !this.dialect.header;
    this.#rowCount += end - from;
    const { columns, rowCount } = batch;
    if (end < rowCount) this.#begun = { columns, rowCount, to: end };
    return isFirst ? quoteLeadingMark(rows, this.dialect) : rows;
  }
}

/** Whether the rows from `from` on are the next of a batch of which the last call encoded some. */
function isContinued(
  begun: { readonly columns: Batch["columns"]; readonly rowCount: number; readonly to: number },
  batch: Batch,
  from: number,
): boolean {
  checkRowCount(batch);
  return (
    from > 0 && batch.columns === begun.columns && batch.rowCount === begun.rowCount && from === begun.to
  );
}

function checkColumns(columns: unknown): void {
  if (!Array.isArray(columns)) throw wrongType("columns is a list of objects with a name.");
  columns.forEach((column: unknown, index) => {
    // Texts are made only for messages, since a table may have thousands of columns.
    if (isNamed(column)) return;
    requireObject(`columns[${index}]`, column, "name");
    requireText(`name in columns[${index}]`, (column as CsvColumn).name);
  });
}

function isNamed(column: unknown): boolean {
  return typeof column === "object" && column !== null && "name" in column && typeof column.name === "string";
}
