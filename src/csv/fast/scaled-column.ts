import { finished, generalWriter, writeNull } from "./cell-by-cell.ts";
import { writeDecimal, writeInteger } from "./digits.ts";
import { doublesOf, type NumberArray } from "./doubles-of.ts";
import { cellTable, reserve, columnBuffer } from "./column-buffer.ts";
import type { ColumnContext, ColumnWriter, VectorOf } from "./column-writer.ts";

/**
 * Whole numbers and decimals that are held as scaled integers. All arrays are read as doubles, so that one loop serves them;
 * what a double can't hold exactly is written by way of its text.
 */
export function scaledColumn(
  vector: VectorOf<"integer"> | VectorOf<"decimal">,
  values: NumberArray,
  scale: number,
  context: ColumnContext,
): ColumnWriter {
  const { format, terminator } = context;
  const { cellBytes, isPlain, separator } = format;
  const { nulls } = vector;
  const general = generalWriter(vector, context);
  const lead = format.quotesAll ? 1 : 0;
  const [first = 0, second = 0] = terminator;
  const terminatorLength = terminator.length;
  return {
    write(from, to, firstSlot, begin) {
      const { starts, lengths } = cellTable;
      const numbers = doublesOf(values, from, to);
      const shift = numbers === values ? 0 : from;
      reserve(begin + (to - from) * cellBytes);
      let { view } = columnBuffer;
      let at = begin;
      let slot = firstSlot;
      for (let row = from; row < to; row += 1) {
        const start = at;
        if (nulls?.[row] === 1) at = writeNull(at, format);
        else {
          const value = numbers[row - shift] ?? 0;
          let end: number;
          if (!Number.isSafeInteger(value)) {
            end = general(row, at + lead);
            reserve(Math.max(at, end) + (to - row) * cellBytes);
            ({ view } = columnBuffer);
          } else if (scale === 0) end = writeInteger(view, at + lead, value);
          else end = writeDecimal(view, at + lead, value, scale, separator);
          at = isPlain && end >= 0 ? end : finished(end, at, format);
        }
        view.setInt8(at, first);
        view.setInt8(at + 1, second);
        at += terminatorLength;
        starts[slot] = start;
        lengths[slot] = at - start;
        slot += 1;
      }
      return at;
    },
  };
}
