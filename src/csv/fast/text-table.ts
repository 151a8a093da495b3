import type { Batch, Utf8Vector } from "../batch.ts";
import { writeNull } from "./cell-by-cell.ts";
import { overshootBytes } from "./growing-bytes.ts";
import { reserve, columnBuffer } from "./column-buffer.ts";
import type { ColumnContext } from "./column-writer.ts";
import {
  copyPlain,
  looksAtTexts,
  mayBeUnsafe,
  refuseNul,
  searchFor,
  utf8CellWriter,
  writeQuoted,
  type Utf8CellWriter,
} from "./utf8-cell-writer.ts";

/** Columns of text whose rows lie one behind the other in arrays that all of them share. */
export interface TextTable {
  readonly columns: readonly Utf8Vector[];
  /** Where each column's cell of a row stands, counted from the row's first. */
  readonly firsts: Uint32Array;
  /** The general writer of each column that has needed one. */
  readonly writers: (Utf8CellWriter | undefined)[];
}

/** The table of a source that reuses its vectors. It is valid as long as the vectors are the same, and share what they shared. */
const ready = new WeakMap<readonly unknown[], WeakMap<readonly ColumnContext[], TextTable>>();

/** The table that a batch is; undefined for any other batch. */
export function textTable({ columns }: Batch, contexts: readonly ColumnContext[]): TextTable | undefined {
  const [first] = columns;
  if (first?.kind !== "utf8" || first.step === undefined) return undefined;
  const sharing: Utf8Vector[] = [];
  for (const vector of columns) {
    if (vector.kind !== "utf8" || !isShared(vector, first)) return undefined;
    sharing.push(vector);
  }
  const known = ready.get(columns)?.get(contexts);
  const isKnown = known?.columns.every(
    (vector, index) => vector === sharing[index] && (vector.first ?? 0) === known.firsts[index],
  );
  if (known !== undefined && isKnown === true) return known;
  const table: TextTable = {
    columns: sharing,
    firsts: Uint32Array.from(sharing, (vector) => vector.first ?? 0),
    writers: [],
  };
  const byContexts = ready.get(columns) ?? new WeakMap<readonly ColumnContext[], TextTable>();
  byContexts.set(contexts, table);
  ready.set(columns, byContexts);
  return table;
}

/** Whether the rows of a vector lie in the arrays of the first one, and are as free of special characters. */
function isShared(vector: Utf8Vector, first: Utf8Vector): boolean {
  if (vector.isText === false || vector.without !== first.without) return false;
  if (vector.bytes !== first.bytes || vector.starts !== first.starts || vector.ends !== first.ends)
    return false;
  return vector.nulls === first.nulls && vector.step === first.step;
}

/**
 * Writes rows of text from the beginning of the column buffer on, in the order they have; gives the end. A row whose cells lie as they
 * are to be written is copied in one piece; a cell that needs no quotes four bytes at a time, while it is looked
 * through; others go the general way.
 */
export function writeTextTable(
  table: TextTable,
  from: number,
  to: number,
  contexts: readonly ColumnContext[],
): number {
  const [vector] = table.columns;
  const [context] = contexts;
  if (vector === undefined || context === undefined) return 0;
  const { firsts } = table;
  const { bytes, starts, ends, nulls, step = 1, without = "" } = vector;
  const { format } = context;
  const { cellBytes, delimiter, isGuarded, recordDelimiter, dialect, refusesNul } = format;
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const safeEnd = source.byteLength - overshootBytes;
  const lastColumn = firsts.length - 1;
  const [firstEnding = 0, secondEnding = 0] = recordDelimiter;
  const isGeneral = looksAtTexts(vector, format);
  const special = [dialect.delimiter, dialect.quote, "\r", "\n", ...(refusesNul ? ["\0"] : [])];
  const isPlain = !isGeneral && special.every((one) => without.includes(one));
  const mayBeWhole = isPlain && !isGuarded && firsts.every((first, index) => first === index);
  const search = searchFor(format);
  let target = columnBuffer.view;
  let room = columnBuffer.bytes.length - overshootBytes - cellBytes;
  let at = 0;
  for (let row = from; row < to; row += 1) {
    const rowPlace = row * step;
    const rowStart = starts[rowPlace] ?? 0;
    const rowEnd = ends[rowPlace + lastColumn] ?? 0;
    if (
      mayBeWhole &&
      rowEnd <= safeEnd &&
      at + rowEnd - rowStart <= room &&
      isWhole(vector, rowPlace, rowPlace + lastColumn, delimiter)
    ) {
      at = copy(source, rowStart, rowEnd, target, at);
    } else {
      for (let column = 0; column <= lastColumn; column += 1) {
        const place = rowPlace + (firsts[column] ?? 0);
        const start = starts[place] ?? 0;
        const end = ends[place] ?? 0;
        let next = -1;
        if (nulls?.[place] === 1) next = writeNull(at, format);
        else if (
          end > start &&
          !isGeneral &&
          !(isGuarded && mayBeUnsafe(bytes, start, end, format)) &&
          end <= safeEnd &&
          at + 2 * (end - start) + 2 <= room
        ) {
          next = isPlain
            ? copy(source, start, end, target, at)
            : copyPlain(source, start, end, target, at, search);
          if (next < 0) {
            if (refusesNul) refuseNul(source, start, end, row, contexts[column] ?? context);
            next = writeQuoted(source, start, end, at, format);
          }
        }
        if (next < 0) next = generally(table, column, contexts)(row, place, at);
        at = next;
        if (target !== columnBuffer.view || at > room) {
          reserve(at + cellBytes);
          target = columnBuffer.view;
          room = columnBuffer.bytes.length - overshootBytes - cellBytes;
        }
        if (column < lastColumn) {
          target.setUint8(at, delimiter);
          at += 1;
        }
      }
    }
    target.setUint8(at, firstEnding);
    target.setUint8(at + 1, secondEnding);
    at += recordDelimiter.length;
    if (at > room) {
      reserve(at + cellBytes);
      target = columnBuffer.view;
      room = columnBuffer.bytes.length - overshootBytes - cellBytes;
    }
  }
  return at;
}

/** How a column's cells are written that aren't plain text; made when the first of them is there. */
function generally(
  { columns, writers }: TextTable,
  column: number,
  contexts: readonly ColumnContext[],
): Utf8CellWriter {
  const known = writers[column];
  if (known !== undefined) return known;
  const [vector, context] = [columns[column], contexts[column]];
  if (vector === undefined || context === undefined) throw new RangeError("The batch has too few columns.");
  const writer = utf8CellWriter(vector, context);
  writers[column] = writer;
  return writer;
}

/** Whether cells lie one behind the other with the delimiter between them, and are empty where they are null and only there. */
function isWhole(
  { bytes, starts, ends, nulls }: Utf8Vector,
  first: number,
  last: number,
  delimiter: number,
): boolean {
  for (let place = first; place <= last; place += 1) {
    const end = ends[place] ?? 0;
    if ((nulls?.[place] === 1) !== (end === starts[place])) return false;
    if (place < last && (bytes[end] !== delimiter || starts[place + 1] !== end + 1)) return false;
  }
  return true;
}

/** From this length on, the engine's own copy is faster than a loop. */
const longText = 512;

/**
 * Copies bytes, eight at a time as doubles, and up to seven behind them. Well-formed UTF-8 never has the bits of a NaN, which
 * an engine might change on the way.
 */
function copy(source: DataView, from: number, to: number, target: DataView, at: number): number {
  const length = to - from;
  if (length > longText) {
    const bytes = new Uint8Array(source.buffer, source.byteOffset + from, length);
    new Uint8Array(target.buffer, target.byteOffset + at, length).set(bytes);
  } else
    for (let done = 0; done < length; done += 8)
      target.setFloat64(at + done, source.getFloat64(from + done, true), true);
  return at + length;
}
