import { guardedText } from "../cell-text.ts";
import type { Dialect } from "../dialect.ts";
import { headerDialect } from "../header-dialect.ts";
import { cellFormat } from "./cell-format.ts";
import { reserve } from "./column-buffer.ts";
import { writeBytes, writeText } from "./write-text.ts";

const byteOrderMark = Uint8Array.of(0xef, 0xbb, 0xbf);

/**
 * Writes the byte order mark and the header row, as far as the dialect has them, from the beginning of the column buffer on.
 * Gives the end.
 */
export function writeHeader(names: readonly string[], dialect: Dialect, onGuarded: () => void): number {
  const format = cellFormat(headerDialect(dialect), names.length);
  const { isGuarded, refusesNul, quotesText, recordDelimiter } = format;
  const delimiter = Uint8Array.of(format.delimiter);
  let at = 0;
  reserve(format.cellBytes);
  if (dialect.bom) at = writeBytes(byteOrderMark, 0, byteOrderMark.length, at, format.cellBytes);
  if (!dialect.header) return at;
  for (const [index, name] of names.entries()) {
    const text = isGuarded || refusesNul ? guardedText(name, format.dialect, { column: name }) : name;
    if (text !== name) onGuarded();
    at = writeText(text, at, format, quotesText);
    const terminator = index === names.length - 1 ? recordDelimiter : delimiter;
    at = writeBytes(terminator, 0, terminator.length, at, format.cellBytes);
  }
  return at;
}
