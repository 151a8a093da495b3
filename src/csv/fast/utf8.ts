import type { Utf8Vector } from "../batch.ts";
import { guardedText } from "../cell-text.ts";
import { utf8Text } from "../utf8-text.ts";
import type { CellFormat } from "./cell-format.ts";
import type { CellWriter, WriterContext } from "./column-writer.ts";
import { reserve, sink } from "./sink.ts";
import { writeBytes, writeText } from "./text.ts";

/** Copies text that is in UTF-8 already, and makes a string only of what the formula guard has to look at. */
export function utf8Writer(vector: Utf8Vector, context: WriterContext): CellWriter {
  const { bytes, starts, ends, nulls } = vector;
  const { format } = context;
  const { nullBytes, quotesText, quotesEmpty, slack } = format;
  const endBytes = new TextEncoder().encode(format.endOfData);
  const suspects = format.dialect.formulas === "allow" ? noSuspects : formulaSuspects;
  const writeGuarded = guardedWriter(vector, context);
  return (row, at) => {
    if (nulls?.[row] === 1) return writeBytes(nullBytes, 0, nullBytes.length, at, slack);
    const from = starts[row] ?? 0;
    const to = ends[row] ?? 0;
    if (to === from) return quotesText || quotesEmpty ? writeQuoted(bytes, from, to, at, format) : at;
    if (suspects[bytes[from] ?? 0] === 1) return writeGuarded(row, at);
    const isQuoted = quotesText || isSame(bytes, from, to, nullBytes) || isSame(bytes, from, to, endBytes);
    return isQuoted ? writeQuoted(bytes, from, to, at, format) : writePlain(bytes, from, to, at, format);
  };
}

/** First bytes of what may be a formula; the last is that of all full-width forms. */
const formulaSuspects = new Uint8Array(256);
for (const byte of new TextEncoder().encode("=+-@\t\r\uFF1D")) formulaSuspects[byte] = 1;
const noSuspects = new Uint8Array(256);

function guardedWriter(vector: Utf8Vector, context: WriterContext): CellWriter {
  const { format, column, rowOffset, onGuarded } = context;
  return (row, at) => {
    const text = utf8Text(vector, row);
    const guarded = guardedText(text, format.dialect, { row: row + rowOffset, column });
    if (guarded !== text) onGuarded();
    return writeText(guarded, at, format, format.quotesText);
  };
}

function isSame(bytes: Uint8Array, from: number, to: number, other: Uint8Array): boolean {
  if (to - from !== other.length) return false;
  for (let index = 0; index < other.length; index += 1)
    if (bytes[from + index] !== other[index]) return false;
  return true;
}

/** Copies bytes; where one of them is found to need quotes, begins again with them. */
function writePlain(source: Uint8Array, from: number, to: number, at: number, format: CellFormat): number {
  const bytes = reserve(at + (to - from) + format.slack);
  const { special } = format;
  let place = at;
  for (let index = from; index < to; index += 1) {
    const byte = source[index] ?? 0;
    if (special[byte] === 1) return writeQuoted(source, from, to, at, format);
    bytes[place] = byte;
    place += 1;
  }
  return place;
}

/** Copies bytes between quotes, those inside doubled. */
function writeQuoted(source: Uint8Array, from: number, to: number, at: number, format: CellFormat): number {
  reserve(at + 2 * (to - from) + 2 + format.slack);
  const { quote } = format;
  const { bytes } = sink;
  bytes[at] = quote;
  let place = at + 1;
  for (let index = from; index < to; index += 1) {
    const byte = source[index] ?? 0;
    bytes[place] = byte;
    place += 1;
    if (byte === quote) {
      bytes[place] = quote;
      place += 1;
    }
  }
  bytes[place] = quote;
  return place + 1;
}
