import type { Batch, Utf8Vector } from "../batch.ts";
import { mayBeFormula } from "../formula.ts";
import { writeNull } from "./fixed-cell.ts";
import { overshootBytes } from "./growing-bytes.ts";
import { reserve, stage } from "./stage.ts";
import type { ColumnContext } from "./staged-column.ts";
import { fourOf, utf8CellWriter, zeroBytes, type Utf8CellWriter } from "./utf8-cell.ts";

/** Columns of text whose rows lie one behind the other in arrays that all of them share. */
export interface TextTable {
  readonly columns: readonly Utf8Vector[];
  /** Where each column's cell of a row stands, counted from the row's first. */
  readonly firsts: Uint32Array;
  readonly writers: readonly Utf8CellWriter[];
}

/** What sources yield that reuse their vectors: ready for as long as the vectors are the same. */
const ready = new WeakMap<readonly unknown[], WeakMap<readonly ColumnContext[], TextTable>>();

/** The table that a batch is; undefined for any other batch. */
export function textTable({ columns }: Batch, contexts: readonly ColumnContext[]): TextTable | undefined {
  const [first] = columns;
  if (first?.kind !== "utf8" || first.step === undefined) return undefined;
  const known = ready.get(columns)?.get(contexts);
  if (known !== undefined) return known;
  const sharing: Utf8Vector[] = [];
  for (const vector of columns) {
    if (
      vector.kind !== "utf8" ||
      vector.isText === false ||
      vector.bytes !== first.bytes ||
      vector.starts !== first.starts
    )
      return undefined;
    if (vector.ends !== first.ends || vector.nulls !== first.nulls || vector.step !== first.step)
      return undefined;
    sharing.push(vector);
  }
  const table: TextTable = {
    columns: sharing,
    firsts: Uint32Array.from(sharing, (vector) => vector.first ?? 0),
    writers: sharing.flatMap((vector, index) => {
      const context = contexts[index];
      return context === undefined ? [] : [utf8CellWriter(vector, context)];
    }),
  };
  const byContexts = ready.get(columns) ?? new WeakMap<readonly ColumnContext[], TextTable>();
  byContexts.set(contexts, table);
  ready.set(columns, byContexts);
  return table;
}

/**
 * Writes rows of text from the beginning of the stage on, in the order they have; gives the end. Cells that need no
 * quotes are copied four bytes at a time while they are looked through; others go the general way.
 */
export function writeTextTable(
  { columns: [vector], firsts, writers }: TextTable,
  from: number,
  to: number,
  contexts: readonly ColumnContext[],
): number {
  const [context] = contexts;
  if (vector === undefined || context === undefined) return 0;
  const { bytes, starts, ends, nulls, step = 1 } = vector;
  const { format } = context;
  const { cellBytes, delimiter, isGuarded, nullBytes } = format;
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sourceEnd = source.byteLength;
  const lastColumn = firsts.length - 1;
  const [firstEnding = 0, secondEnding = 0] = format.recordDelimiter;
  const endingLength = format.recordDelimiter.length;
  // Texts that could be taken for something else are rare, and are looked at by the general way.
  const isGeneral = format.quotesText || nullBytes.length > 0 || format.endOfData.length > 0;
  const fourDelimiters = fourOf(delimiter);
  const fourQuotes = fourOf(format.quote);
  const greatest = Math.max(delimiter, format.quote);
  const fourAbove = fourOf(greatest < 0x30 ? greatest + 1 : 0x7f);
  let target = stage.view;
  let room = stage.bytes.length - overshootBytes - cellBytes;
  let at = 0;
  for (let row = from; row < to; row += 1) {
    const rowPlace = row * step;
    for (let column = 0; column <= lastColumn; column += 1) {
      const place = rowPlace + (firsts[column] ?? 0);
      const start = starts[place] ?? 0;
      const end = ends[place] ?? 0;
      let next = -1;
      if (nulls?.[place] === 1) {
        if (at > room) reserve(at + cellBytes);
        next = writeNull(at, format);
      } else if (
        end > start &&
        !isGeneral &&
        !(isGuarded && mayBeFormula(bytes, start, end)) &&
        end + 4 <= sourceEnd &&
        at + (end - start) <= room
      ) {
        next = copyPlain(source, start, end, target, at, fourDelimiters, fourQuotes, fourAbove);
      }
      if (next < 0) {
        const write = writers[column];
        next = write === undefined ? at : write(row, place, at);
      }
      at = next;
      if (target !== stage.view || at > room) {
        reserve(at + cellBytes);
        target = stage.view;
        room = stage.bytes.length - overshootBytes - cellBytes;
      }
      if (column < lastColumn) {
        target.setUint8(at, delimiter);
        at += 1;
      } else {
        target.setUint8(at, firstEnding);
        target.setUint8(at + 1, secondEnding);
        at += endingLength;
      }
    }
  }
  return at;
}

/** Copies bytes, and up to three behind them; −1 as soon as one of them is found to need quotes. */
function copyPlain(
  source: DataView,
  from: number,
  to: number,
  target: DataView,
  at: number,
  fourDelimiters: number,
  fourQuotes: number,
  fourAbove: number,
): number {
  const length = to - from;
  for (let done = 0; done < length; done += 4) {
    const word = source.getInt32(from + done, true);
    target.setInt32(at + done, word, true);
    // Most words have no byte so low at all.
    if (((word - fourAbove) & ~word & 0x80808080) === 0) continue;
    const found =
      zeroBytes(word ^ fourDelimiters) |
      zeroBytes(word ^ fourQuotes) |
      zeroBytes(word ^ 0x0d0d0d0d) |
      zeroBytes(word ^ 0x0a0a0a0a);
    const left = length - done;
    if (found !== 0 && (left >= 4 || (found & ((1 << (8 * left)) - 1)) !== 0)) return -1;
  }
  return at + length;
}
