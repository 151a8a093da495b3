import type { JsonTextVector, Utf8Vector } from "../batch.ts";
import { guardedText, nulIn } from "../cell-text.ts";
import { utf8Text } from "../utf8-text.ts";
import type { CellFormat } from "./cell-format.ts";
import { writeNull } from "./fixed-cell.ts";
import { cellTable, reserve, stage } from "./stage.ts";
import { placeOf, type ColumnContext, type StagedColumn } from "./staged-column.ts";
import { writeText } from "./text.ts";

/**
 * Text that is in UTF-8 already: its bytes are copied, and a string is made only of what the formula guard looks at. JSON
 * isn't text to the dialect: it begins no formula, and is quoted where everything is.
 */
export function utf8Column(vector: Utf8Vector | JsonTextVector, context: ColumnContext): StagedColumn {
  const { bytes, nulls } = vector;
  const { format, terminator } = context;
  const { cellBytes, quotesEmpty, nullBytes } = format;
  const isText = vector.kind === "utf8";
  const quotesText = isText ? format.quotesText : format.quotesAll;
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const endBytes = new TextEncoder().encode(format.endOfData);
  const suspects = isText && format.isGuarded ? formulaSuspects : noSuspects;
  const [first = 0, second = 0] = terminator;
  const terminatorLength = terminator.length;
  return {
    stage(from, to, firstSlot, begin) {
      const { starts, lengths } = cellTable;
      let at = begin;
      let slot = firstSlot;
      for (let row = from; row < to; row += 1) {
        const start = at;
        const textStart = vector.starts[row] ?? 0;
        const textEnd = vector.ends[row] ?? 0;
        if (nulls?.[row] === 1) {
          reserve(at + cellBytes);
          at = writeNull(at, format);
        } else {
          // Room for a quote before each letter, and around them.
          reserve(at + 2 * (textEnd - textStart) + 2 + cellBytes);
          if (format.refusesNul && holdsNul(source, textStart, textEnd)) throw nulIn(placeOf(row, context));
          if (suspects[bytes[textStart] ?? 0] === 1 && textEnd > textStart) at = writeGuarded(row, at);
          else {
            const isQuoted =
              quotesText ||
              (textEnd === textStart && quotesEmpty) ||
              isSame(bytes, textStart, textEnd, nullBytes) ||
              isSame(bytes, textStart, textEnd, endBytes);
            const end = isQuoted ? -1 : writePlain(source, textStart, textEnd, at, format);
            at = end < 0 ? writeQuoted(source, textStart, textEnd, at, format) : end;
          }
        }
        const target = stage.bytes;
        target[at] = first;
        target[at + 1] = second;
        at += terminatorLength;
        starts[slot] = start;
        lengths[slot] = at - start;
        slot += 1;
      }
      return at;
    },
  };

  function writeGuarded(row: number, at: number): number {
    const text = utf8Text(vector, row);
    const guarded = guardedText(text, format.dialect, placeOf(row, context));
    if (guarded !== text) context.onGuarded(1);
    return writeText(guarded, at, format, quotesText);
  }
}

/** First bytes of what may be a formula; the last is that of all full-width forms. */
const formulaSuspects = new Uint8Array(256);
for (const byte of new TextEncoder().encode("=+-@\t\r\uFF1D")) formulaSuspects[byte] = 1;
const noSuspects = new Uint8Array(256);

/** Whether a text is one that has a meaning of its own when bare; there are none of no bytes. */
function isSame(bytes: Uint8Array, from: number, to: number, other: Uint8Array): boolean {
  if (to - from !== other.length || other.length === 0) return false;
  for (let index = 0; index < other.length; index += 1)
    if (bytes[from + index] !== other[index]) return false;
  return true;
}

/** A byte in each of a word's four. */
function fourOf(byte: number): number {
  return Math.imul(byte, 0x01010101);
}

/** The top bit of each byte of a word that is zero, and maybe of one above it; 0 when there is none. */
function zeroBytes(word: number): number {
  return (word - 0x01010101) & ~word & 0x80808080;
}

function holdsNul(source: DataView, from: number, to: number): boolean {
  let index = from;
  for (; index + 4 <= to; index += 4) if (zeroBytes(source.getInt32(index, true)) !== 0) return true;
  for (; index < to; index += 1) if (source.getUint8(index) === 0) return true;
  return false;
}

const fourReturns = fourOf(0x0d);
const fourLines = fourOf(0x0a);

/** Copies bytes, four at a time; −1 as soon as one of them is found to need quotes. */
function writePlain(source: DataView, from: number, to: number, at: number, format: CellFormat): number {
  const { special } = format;
  const { view: target } = stage;
  const fourDelimiters = fourOf(format.delimiter);
  const fourQuotes = fourOf(format.quote);
  let index = from;
  let place = at;
  for (; index + 4 <= to; index += 4) {
    const word = source.getInt32(index, true);
    const found =
      zeroBytes(word ^ fourDelimiters) |
      zeroBytes(word ^ fourQuotes) |
      zeroBytes(word ^ fourReturns) |
      zeroBytes(word ^ fourLines);
    if (found !== 0) return -1;
    target.setInt32(place, word, true);
    place += 4;
  }
  for (; index < to; index += 1) {
    const byte = source.getUint8(index);
    if (special[byte] === 1) return -1;
    target.setUint8(place, byte);
    place += 1;
  }
  return place;
}

/** Copies bytes between quotes, those inside doubled. */
function writeQuoted(source: DataView, from: number, to: number, at: number, { quote }: CellFormat): number {
  const { view: target } = stage;
  const fourQuotes = fourOf(quote);
  target.setUint8(at, quote);
  let index = from;
  let place = at + 1;
  while (index < to) {
    const word = index + 4 <= to ? source.getInt32(index, true) : fourQuotes;
    if (zeroBytes(word ^ fourQuotes) === 0) {
      target.setInt32(place, word, true);
      index += 4;
      place += 4;
    } else {
      const byte = source.getUint8(index);
      target.setUint8(place, byte);
      index += 1;
      place += 1;
      if (byte === quote) {
        target.setUint8(place, quote);
        place += 1;
      }
    }
  }
  target.setUint8(place, quote);
  return place + 1;
}
