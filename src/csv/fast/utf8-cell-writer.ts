import type { JsonTextVector, Utf8Vector } from "../batch.ts";
import { guardedText, nulIn } from "../cell-text.ts";
import { mayBeFormula } from "../formula.ts";
import { mayBeFragileNumber } from "../text-number.ts";
import { checkTextPlace, utf8Text } from "../utf8-text.ts";
import type { CellFormat } from "./cell-format.ts";
import { reserve, columnBuffer } from "./column-buffer.ts";
import { placeOf, type ColumnContext } from "./column-writer.ts";
import { writeText } from "./write-text.ts";

/** Writes a text that is not null, with the quotes that it needs; it stands at a place of its vector's arrays. */
export type Utf8CellWriter = (row: number, place: number, at: number) => number;

/** Copies texts as bytes, and makes a string only of what the formula guard reads; leaves room for another cell. */
export function utf8CellWriter(vector: Utf8Vector | JsonTextVector, context: ColumnContext): Utf8CellWriter {
  const { bytes, starts, ends } = vector;
  const { format } = context;
  const { cellBytes, quotesEmpty, nullBytes } = format;
  const isOfText = isTextOfDialect(vector);
  const quotesText = isOfText ? format.quotesText : format.quotesAll;
  const isGuarded = isOfText && format.isGuarded;
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (row, place, at) => {
    const start = starts[place] ?? 0;
    const end = ends[place] ?? 0;
    checkTextPlace(start, end, bytes.length);
    // Room for a quote before each letter, and around them.
    reserve(at + 2 * (end - start) + 2 + cellBytes);
    if (format.refusesNul) refuseNul(source, start, end, row, context);
    if (isGuarded && mayBeUnsafe(bytes, start, end, format)) {
      const text = utf8Text(vector, row);
      const guarded = guardedText(text, format.dialect, placeOf(row, context));
      if (guarded !== text) context.onGuarded(1);
      return writeText(guarded, at, format, quotesText);
    }
    const isQuoted =
      quotesText ||
      (end === start && quotesEmpty) ||
      isSame(bytes, start, end, nullBytes) ||
      isSame(bytes, start, end, format.endOfDataBytes);
    const plainEnd = isQuoted ? -1 : writePlain(source, start, end, at, format);
    return plainEnd < 0 ? writeQuoted(source, start, end, at, format) : plainEnd;
  };
}

/** Whether the text in some bytes may be one that the dialect changes for spreadsheets. It is false for most texts. */
export function mayBeUnsafe(bytes: Uint8Array, from: number, to: number, format: CellFormat): boolean {
  return (
    (format.guardsFormulas && mayBeFormula(bytes, from, to)) ||
    (format.guardsNumbers && mayBeFragileNumber(bytes, from, to))
  );
}

/** Whether the values are text to the dialect, which guards formulas in text and may quote it: JSON and written values aren't. */
export function isTextOfDialect(vector: Utf8Vector | JsonTextVector): boolean {
  return vector.kind === "utf8" && vector.isText !== false;
}

/** Whether each value has to be looked at as a whole, since it is quoted anyway or could be taken for something else. */
export function looksAtTexts(
  vector: Utf8Vector | JsonTextVector,
  { quotesText, quotesAll, nullBytes, endOfData }: CellFormat,
): boolean {
  const isQuoted = isTextOfDialect(vector) ? quotesText : quotesAll;
  return isQuoted || nullBytes.length > 0 || endOfData.length > 0;
}

/**
 * Whether a text equals one that means something else without quotes, such as the null marker. An empty one never counts.
 */
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

/**
 * Looks for a NUL among some bytes, four at a time.
 * @throws StreamCsvError `SCSV_NO_TEXT` for one
 */
export function refuseNul(
  source: DataView,
  from: number,
  to: number,
  row: number,
  context: ColumnContext,
): void {
  let index = from;
  for (; index + 4 <= to; index += 4)
    if (zeroBytes(source.getInt32(index, true)) !== 0) throw nulIn(placeOf(row, context));
  for (; index < to; index += 1) if (source.getUint8(index) === 0) throw nulIn(placeOf(row, context));
}

const fourReturns = fourOf(0x0d);
const fourLines = fourOf(0x0a);

/** Copies bytes, four at a time; −1 as soon as one of them is found to need quotes. */
function writePlain(source: DataView, from: number, to: number, at: number, format: CellFormat): number {
  const { special } = format;
  const { view: target } = columnBuffer;
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
export function writeQuoted(
  source: DataView,
  from: number,
  to: number,
  at: number,
  { quote }: CellFormat,
): number {
  const { view: target } = columnBuffer;
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

/** The bytes to search for, each repeated four times. */
export interface Search {
  readonly delimiters: number;
  readonly quotes: number;
  /** What may be in no text; the delimiter where every byte may be. */
  readonly refused: number;
  /** Just above the greatest of all, if most letters are above it too. */
  readonly above: number;
}

export function searchFor({ delimiter, quote, refusesNul }: CellFormat): Search {
  const greatest = Math.max(delimiter, quote);
  return {
    delimiters: fourOf(delimiter),
    quotes: fourOf(quote),
    refused: refusesNul ? 0 : fourOf(delimiter),
    above: fourOf(greatest < 0x30 ? greatest + 1 : 0x7f),
  };
}

/**
 * Copies bytes of a text, four at a time, and up to three behind them, which must be there to be read and overwritten;
 * −1 as soon as one of them is found to need quotes, or to be refused.
 */
export function copyPlain(
  source: DataView,
  from: number,
  to: number,
  target: DataView,
  at: number,
  { delimiters, quotes, refused, above }: Search,
): number {
  const length = to - from;
  for (let done = 0; done < length; done += 4) {
    const word = source.getInt32(from + done, true);
    target.setInt32(at + done, word, true);
    // Most words have no byte that is this low.
    if (((word - above) & ~word & 0x80808080) === 0) continue;
    const found =
      zeroBytes(word ^ delimiters) |
      zeroBytes(word ^ quotes) |
      zeroBytes(word ^ refused) |
      zeroBytes(word ^ 0x0d0d0d0d) |
      zeroBytes(word ^ 0x0a0a0a0a);
    const left = length - done;
    if (found !== 0 && (left >= 4 || (found & ((1 << (8 * left)) - 1)) !== 0)) return -1;
  }
  return at + length;
}
