import type { JsonTextVector, Utf8Vector } from "../batch.ts";
import { writeNull } from "./cell-by-cell.ts";
import { overshootBytes } from "./growing-bytes.ts";
import { cellTable, reserve, columnBuffer } from "./column-buffer.ts";
import type { ColumnContext, ColumnWriter } from "./column-writer.ts";
import {
  copyPlain,
  isTextOfDialect,
  looksAtTexts,
  mayBeUnsafe,
  refuseNul,
  searchFor,
  utf8CellWriter,
  writeQuoted,
  type Utf8CellWriter,
} from "./utf8-cell-writer.ts";

/**
 * Text that is in UTF-8 already: its bytes are copied, and a string is made only of what the formula guard looks at. JSON
 * and written values are not text to the dialect: they begin no formula, and are quoted where everything is.
 */
export function utf8Column(vector: Utf8Vector | JsonTextVector, context: ColumnContext): ColumnWriter {
  const { bytes, nulls } = vector;
  const { first: firstPlace = 0, step = 1 } = vector.kind === "utf8" ? vector : {};
  const { format, terminator } = context;
  const { cellBytes, refusesNul } = format;
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const safeEnd = source.byteLength - overshootBytes;
  const isGuarded = format.isGuarded && isTextOfDialect(vector);
  const isGeneral = looksAtTexts(vector, format);
  const search = searchFor(format);
  let general: Utf8CellWriter | undefined;
  const [first = 0, second = 0] = terminator;
  const terminatorLength = terminator.length;
  return {
    write(from, to, firstSlot, begin) {
      const { starts, lengths } = cellTable;
      let at = begin;
      let slot = firstSlot;
      let place = firstPlace + from * step;
      for (let row = from; row < to; row += 1) {
        const start = at;
        const textStart = vector.starts[place] ?? 0;
        const textEnd = vector.ends[place] ?? 0;
        if (nulls?.[place] === 1) {
          reserve(at + cellBytes);
          at = writeNull(at, format);
        } else if (
          isGeneral ||
          textEnd <= textStart ||
          textEnd > safeEnd ||
          (isGuarded && mayBeUnsafe(bytes, textStart, textEnd, format))
        ) {
          general ??= utf8CellWriter(vector, context);
          at = general(row, place, at);
        } else {
          // Room for a quote before each letter, and around them.
          reserve(at + 2 * (textEnd - textStart) + 2 + cellBytes);
          const end = copyPlain(source, textStart, textEnd, columnBuffer.view, at, search);
          if (end >= 0) at = end;
          else {
            if (refusesNul) refuseNul(source, textStart, textEnd, row, context);
            at = writeQuoted(source, textStart, textEnd, at, format);
          }
        }
        const target = columnBuffer.bytes;
        target[at] = first;
        target[at + 1] = second;
        at += terminatorLength;
        starts[slot] = start;
        lengths[slot] = at - start;
        slot += 1;
        place += step;
      }
      return at;
    },
  };
}
