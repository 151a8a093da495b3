import type { CellFormat } from "./cell-format.ts";
import { reserve, sink } from "./sink.ts";

/** From this length on, the engine's own search and encoder are quicker than a loop. */
const longText = 96;
const hugeText = 1024 * 1024;
const utf8 = new TextEncoder();

/**
 * Writes a text cell with whatever quotes it needs, in UTF-8; lone surrogates become U+FFFD. The need for quotes is
 * found while copying, and the rare text that has it is written again. Leaves the format's slack free behind it.
 */
export function writeText(text: string, at: number, format: CellFormat, isQuoted: boolean): number {
  const { length } = text;
  if (isQuoted || length === 0 || text === format.dialect.nullValue) return writeQuoted(text, at, format);
  if (length >= longText) {
    if (format.specialPattern.test(text)) return writeQuoted(text, at, format);
    return writeEncoded(text, at, format.slack);
  }
  const bytes = reserve(at + 3 * length + format.slack);
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
    } else if (code >= 0xd800 && code <= 0xdfff) {
      const point = text.codePointAt(index) ?? 0;
      if (point > 0xffff) {
        place = writeAstral(bytes, place, point);
        index += 1;
      } else {
        place = writeThree(bytes, place, replacement);
      }
    } else {
      place = writeThree(bytes, place, code);
    }
  }
  return place;
}

/** What stands for half a surrogate pair. */
const replacement = 0xfffd;

function writeThree(bytes: Uint8Array, at: number, code: number): number {
  bytes[at] = 0xe0 | (code >> 12);
  bytes[at + 1] = 0x80 | ((code >> 6) & 0x3f);
  bytes[at + 2] = 0x80 | (code & 0x3f);
  return at + 3;
}

function writeAstral(bytes: Uint8Array, at: number, point: number): number {
  bytes[at] = 0xf0 | (point >> 18);
  bytes[at + 1] = 0x80 | ((point >> 12) & 0x3f);
  bytes[at + 2] = 0x80 | ((point >> 6) & 0x3f);
  bytes[at + 3] = 0x80 | (point & 0x3f);
  return at + 4;
}

/** Writes a text between quotes, those inside it doubled. */
function writeQuoted(text: string, at: number, format: CellFormat): number {
  const { quote } = format.dialect;
  reserve(at + 1)[at] = format.quote;
  const doubled = text.includes(quote) ? text.replaceAll(quote, quote + quote) : text;
  const end = writeEncoded(doubled, at + 1, format.slack);
  sink.bytes[end] = format.quote;
  return end + 1;
}

/** Writes a text as it is. */
export function writeEncoded(text: string, at: number, slack: number): number {
  const { length } = text;
  if (length >= hugeText) return writeHuge(text, at, slack);
  // A copy of a short ASCII text beats the engine's encoder, which has to be called.
  const bytes = reserve(at + 3 * length + slack + 1);
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

/** A huge text is encoded apart: three bytes a letter, as much as there may be, would be too much to set aside. */
function writeHuge(text: string, at: number, slack: number): number {
  const encoded = utf8.encode(text);
  reserve(at + encoded.length + slack + 1).set(encoded, at);
  return at + encoded.length;
}

/** Copies bytes that were made before. */
export function writeBytes(source: Uint8Array, from: number, to: number, at: number, slack: number): number {
  const bytes = reserve(at + (to - from) + slack);
  let place = at;
  for (let index = from; index < to; index += 1) {
    bytes[place] = source[index] ?? 0;
    place += 1;
  }
  return place;
}
