import type { CellFormat } from "./cell-format.ts";
import { reserve, columnBuffer } from "./column-buffer.ts";

/** From this length on, the engine's own search and encoder are quicker than a loop. */
const longText = 96;
const hugeText = 1024 * 1024;
const utf8 = new TextEncoder();

/**
 * Writes a text cell with whatever quotes it needs, in UTF-8; lone surrogates become U+FFFD. The need for quotes is
 * found while copying, and the rare text that has it is written again. Leaves room for another cell behind it.
 */
export function writeText(text: string, at: number, format: CellFormat, isQuoted: boolean): number {
  const { length } = text;
  if (isQuoted || (length === 0 && format.quotesEmpty) || isReserved(text, format))
    return writeQuoted(text, at, format);
  if (length >= longText) {
    if (format.specialPattern.test(text)) return writeQuoted(text, at, format);
    return writeEncoded(text, at, format.cellBytes);
  }
  const bytes = reserve(at + 3 * length + format.cellBytes);
  const { special } = format;
  let place = at;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x80) {
      if (special[code] === 1) return writeQuoted(text, at, format);
      bytes[place] = code;
      place += 1;
    } else if (code < 0x800) {
      bytes[place] = 0xc0 | (code >> 6);
      bytes[place + 1] = 0x80 | (code & 0x3f);
      place += 2;
    } else {
      const end = writeWide(bytes, place, text, index, code);
      if (end - place === 4) index += 1;
      place = end;
    }
  }
  return place;
}

/**
 * Whether a text could be taken for something else. It compares lengths first, because comparing strings costs a function
 * call.
 */
function isReserved(text: string, { dialect: { nullValue }, endOfData }: CellFormat): boolean {
  if (text.length === nullValue.length && text === nullValue) return text.length > 0;
  return endOfData.length === text.length && text.length > 0 && text === endOfData;
}

/** U+FFFD, which is written in place of half a surrogate pair. */
const replacement = 0xfffd;

/** Writes a letter beyond ASCII; four bytes are a letter of two code units. */
function writeWide(bytes: Uint8Array, at: number, text: string, index: number, code: number): number {
  if (code < 0x800) {
    bytes[at] = 0xc0 | (code >> 6);
    bytes[at + 1] = 0x80 | (code & 0x3f);
    return at + 2;
  }
  let unit = code;
  if (code >= 0xd800 && code <= 0xdfff) {
    const point = text.codePointAt(index) ?? 0;
    if (point > 0xffff) {
      bytes[at] = 0xf0 | (point >> 18);
      bytes[at + 1] = 0x80 | ((point >> 12) & 0x3f);
      bytes[at + 2] = 0x80 | ((point >> 6) & 0x3f);
      bytes[at + 3] = 0x80 | (point & 0x3f);
      return at + 4;
    }
    unit = replacement;
  }
  bytes[at] = 0xe0 | (unit >> 12);
  bytes[at + 1] = 0x80 | ((unit >> 6) & 0x3f);
  bytes[at + 2] = 0x80 | (unit & 0x3f);
  return at + 3;
}

/** Writes a text between quotes, those inside it doubled. */
function writeQuoted(text: string, at: number, format: CellFormat): number {
  const { length } = text;
  if (length >= longText) return writeLongQuoted(text, at, format);
  const { quote } = format;
  const bytes = reserve(at + 3 * length + 2 + format.cellBytes);
  bytes[at] = quote;
  let place = at + 1;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x80) {
      bytes[place] = code;
      place += 1;
      if (code === quote) {
        bytes[place] = quote;
        place += 1;
      }
    } else {
      const end = writeWide(bytes, place, text, index, code);
      if (end - place === 4) index += 1;
      place = end;
    }
  }
  bytes[place] = quote;
  return place + 1;
}

/** Encodes a long text first, and then doubles the quotes among its bytes, from the last one to the first. */
function writeLongQuoted(text: string, at: number, format: CellFormat): number {
  const { quote, cellBytes } = format;
  reserve(at + 1)[at] = quote;
  const from = at + 1;
  const end = writeEncoded(text, from, cellBytes);
  const quotes = text.includes(format.dialect.quote) ? countBytes(columnBuffer.bytes, from, end, quote) : 0;
  const bytes = reserve(end + quotes + 1 + cellBytes);
  let place = end + quotes;
  bytes[place] = quote;
  for (let index = end - 1; place > index + 1; index -= 1) {
    const byte = bytes[index] ?? 0;
    place -= 1;
    bytes[place] = byte;
    if (byte === quote) {
      place -= 1;
      bytes[place] = quote;
    }
  }
  return end + quotes + 1;
}

function countBytes(bytes: Uint8Array, from: number, to: number, wanted: number): number {
  let count = 0;
  for (let index = from; index < to; index += 1) if (bytes[index] === wanted) count += 1;
  return count;
}

/** Writes a text as it is. */
export function writeEncoded(text: string, at: number, cellBytes: number): number {
  const { length } = text;
  if (length >= hugeText) return writeHuge(text, at, cellBytes);
  // A copy of a short ASCII text beats the engine's encoder, which has to be called.
  const bytes = reserve(at + 3 * length + cellBytes + 1);
  if (length < longText) {
    let index = 0;
    while (index < length) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) break;
      bytes[at + index] = code;
      index += 1;
    }
    if (index === length) return at + length;
  }
  return at + utf8.encodeInto(text, bytes.subarray(at)).written;
}

/**
 * A huge text is encoded into memory of its own, because reserving the most that it can take, three bytes for each code
 * unit, would be too much.
 */
function writeHuge(text: string, at: number, cellBytes: number): number {
  const encoded = utf8.encode(text);
  reserve(at + encoded.length + cellBytes + 1).set(encoded, at);
  return at + encoded.length;
}

/** Copies bytes that were made before. */
export function writeBytes(
  source: Uint8Array,
  from: number,
  to: number,
  at: number,
  cellBytes: number,
): number {
  const bytes = reserve(at + (to - from) + cellBytes);
  let place = at;
  for (let index = from; index < to; index += 1) {
    bytes[place] = source[index] ?? 0;
    place += 1;
  }
  return place;
}
