import { StreamCsvError } from "../errors.ts";
import type { Batch, ColumnVector } from "./batch.ts";
import { ownMemory, type ChunkMemory } from "./chunk-memory.ts";
import type { Dialect } from "./dialect.ts";
import { cellFormat } from "./fast/cell-format.ts";
import { chooseColumnWriter } from "./fast/choose-column-writer.ts";
import { interleave, writeEmptyRows, takeRows } from "./fast/interleave.ts";
import { rowTable, writeRowTable } from "./fast/row-table.ts";
import { reserveCells, columnBuffer, takeColumnBuffer } from "./fast/column-buffer.ts";
import type { ColumnContext, ColumnWriter } from "./fast/column-writer.ts";
import { textTable, writeTextTable } from "./fast/text-table.ts";
import { writeHeader } from "./fast/write-header.ts";
import type { RowWriter } from "./row-writer.ts";
import { stringifyWriter } from "./stringify-writer.ts";

/** The most cells and rows of a block. What is written of them then stays in the processor's fast caches. */
const mostCells = 16_384;
const mostRows = 1024;

/** Large enough that writing a chunk costs little, small enough that a paused client holds little. */
const chunkBytes = 64 * 1024;

/**
 * A column's last vector, and what was made ready for it; sources that reuse their vectors find it ready. `fields` are what the
 * vector held: one whose arrays were exchanged is made ready anew.
 */
interface PreparedColumn {
  readonly vector: ColumnVector;
  readonly fields: readonly unknown[];
  readonly writer: ColumnWriter;
}

/**
 * Whether rows are being written. Their buffers serve all writers, but a cell's `toJSON()` is user code and may encode other
 * rows meanwhile.
 */
let isWriting = false;

/**
 * Writes rows as bytes; the same bytes as csv-stringify. A block of rows is written column by column into a column buffer, each
 * column in a loop made for its kind, and then put in order of the rows. No object or string is made for a number, a
 * date or a repeated text.
 */
export function fastWriter(columns: readonly string[], dialect: Dialect, memory: ChunkMemory): RowWriter {
  const compiled = compiledWriterOf(columns, dialect);
  let guardedCells = 0;
  return {
    header() {
      if (isWriting) {
        const general = stringifyWriter(compiled.names, dialect);
        const header = general.header();
        guardedCells += general.guardedCells;
        return header;
      }
      // The header waits for the first rows, whose memory may be the next chunk's.
      return takeColumnBuffer(
        writeHeader(compiled.names, dialect, () => (guardedCells += 1)),
        ownMemory,
      );
    },
    encode(batch, from, to, firstRow) {
      if (isWriting) {
        const general = stringifyWriter(compiled.names, dialect);
        const rows = general.encode(batch, from, to, firstRow);
        guardedCells += general.guardedCells;
        return rows;
      }
      const before = compiled.guardedCells;
      isWriting = true;
      try {
        return compiled.encode(batch, from, to, firstRow, memory);
      } catch (error) {
        // The fault that comes first in reading order is the one to report, and only the general path works in that order.
        if (error instanceof StreamCsvError)
          stringifyWriter(compiled.names, dialect).encode(batch, from, to, firstRow);
        throw error;
      } finally {
        isWriting = false;
        guardedCells += compiled.guardedCells - before;
      }
    },
    chunkBytes,
    get guardedCells() {
      return guardedCells;
    },
  };
}

/** What writers of the same columns and dialect have in common. */
interface CompiledWriter {
  readonly names: readonly string[];
  /** By all of them. */
  readonly guardedCells: number;
  readonly encode: (
    batch: Batch,
    from: number,
    to: number,
    firstRow: number,
    memory: ChunkMemory,
  ) => Uint8Array;
}

/**
 * The compiled writers in use. Encoding is synchronous, so all writers of the same columns and dialect share one: a thousand
 * readers of an export hold its ten kilobytes together, instead of ten kilobytes each.
 */
const compiledWriters = new Map<string, WeakRef<CompiledWriter>>();

function compiledWriterOf(names: readonly string[], dialect: Dialect): CompiledWriter {
  const key = JSON.stringify([dialect, names]);
  const known = compiledWriters.get(key)?.deref();
  if (known !== undefined) return known;
  // Entries whose writer is gone are cleared away here, so that there are never more than those in use and those of one round
  // of the garbage collector.
  for (const [other, reference] of compiledWriters)
    if (reference.deref() === undefined) compiledWriters.delete(other);
  const compiled = compileWriter(names, dialect);
  compiledWriters.set(key, new WeakRef(compiled));
  return compiled;
}

function compileWriter(names: readonly string[], dialect: Dialect): CompiledWriter {
  const format = cellFormat(dialect, names.length);
  const delimiter = Uint8Array.of(format.delimiter);
  const blockRows = Math.max(1, Math.min(mostRows, Math.floor(mostCells / Math.max(1, names.length))));
  let guardedCells = 0;
  const onGuarded = (count: number): void => {
    guardedCells += count;
  };
  const contexts = names.map((column, index): ColumnContext => ({
    format,
    column,
    terminator: index === names.length - 1 ? format.recordDelimiter : delimiter,
    rowOffset: 0,
    onGuarded,
  }));
  const prepared: PreparedColumn[] = [];
  const writers: ColumnWriter[] = [];
  /** The columns that the writers are ready for, and the row before which the last piece of them ended. */
  let begun: Batch["columns"] | undefined;
  let begunTo = 0;

  function encode(batch: Batch, from: number, to: number, firstRow: number, memory: ChunkMemory): Uint8Array {
    if (names.length === 0) return takeRows(writeEmptyRows(format.recordDelimiter, to - from), memory);
    const table = rowTable(batch);
    if (table !== undefined) {
      for (const context of contexts) context.rowOffset = firstRow - from;
      return takeColumnBuffer(writeRowTable(table, from, to, contexts), memory);
    }
    const texts = textTable(batch, contexts);
    if (texts !== undefined) {
      for (const context of contexts) context.rowOffset = firstRow - from;
      return takeColumnBuffer(writeTextTable(texts, from, to, contexts), memory);
    }
    const { columns } = batch;
    for (const context of contexts) context.rowOffset = firstRow - from;
    if (from === 0 || columns !== begun || from !== begunTo)
      for (const [index, context] of contexts.entries()) {
        const column = preparedColumn(prepared[index], columns[index], context);
        prepared[index] = column;
        writers[index] = column.writer;
      }
    begun = undefined;
    let at = 0;
    for (let row = from; row < to; row += blockRows)
      at = writeBlock(writers, row, Math.min(to, row + blockRows), at);
    columnBuffer.shrink();
    begun = columns;
    begunTo = to;
    return takeRows(at, memory);
  }

  return {
    names,
    encode,
    get guardedCells() {
      return guardedCells;
    },
  };
}

/** `encode` is never given a batch with fewer columns than the writer has. */
function preparedColumn(
  last: PreparedColumn | undefined,
  vector: ColumnVector | undefined,
  context: ColumnContext,
): PreparedColumn {
  if (vector === undefined) throw new RangeError("The batch has too few columns.");
  if (last?.vector === vector && hasFields(vector, last.fields)) return last;
  return { vector, fields: Object.values(vector), writer: chooseColumnWriter(vector, context) };
}

function hasFields(vector: ColumnVector, fields: readonly unknown[]): boolean {
  return Object.values(vector).every((field, index) => field === fields[index]);
}

function writeBlock(columns: readonly ColumnWriter[], from: number, to: number, rowsEnd: number): number {
  const rowCount = to - from;
  reserveCells(columns.length * rowCount);
  let at = 0;
  let slot = 0;
  for (const column of columns) {
    at = column.write(from, to, slot, at);
    slot += rowCount;
  }
  columnBuffer.reserve(at);
  return interleave(columns, rowCount, rowsEnd);
}
