import { finished, generalWriter, writeNull } from "./fixed-cell.ts";
import { writeDecimal, writeInteger } from "./digits.ts";
import { doublesOf, type NumberArray } from "./doubles.ts";
import { cellTable, reserve } from "./stage.ts";
import type { ColumnContext, StagedColumn, VectorOf } from "./staged-column.ts";

/**
 * Whole numbers and decimals that are held as scaled integers. All arrays are read as doubles, so that one loop serves them;
 * what a double can't hold exactly is written by way of its text.
 */
export function scaledColumn(
  vector: VectorOf<"integer"> | VectorOf<"decimal">,
  values: NumberArray,
  scale: number,
  context: ColumnContext,
): StagedColumn {
  const { format, terminator } = context;
  const { cellBytes, isPlain, separator } = format;
  const { nulls } = vector;
  const general = generalWriter(vector, context);
  const lead = format.quotesAll ? 1 : 0;
  const [first = 0, second = 0] = terminator;
  const terminatorLength = terminator.length;
  return {
    stage(from, to, firstSlot, begin) {
      const { starts, lengths } = cellTable;
      const numbers = doublesOf(values, from, to);
      const shift = numbers === values ? 0 : from;
      let bytes = reserve(begin + (to - from) * cellBytes);
      let at = begin;
      let slot = firstSlot;
      for (let row = from; row < to; row += 1) {
        const start = at;
        if (nulls !== undefined && nulls[row] === 1) at = writeNull(at, format);
        else {
          const value = numbers[row - shift] ?? 0;
          let end: number;
          if (!Number.isSafeInteger(value)) {
            end = general(row, at + lead);
            bytes = reserve(Math.max(at, end) + (to - row) * cellBytes);
          } else if (scale === 0) end = writeInteger(bytes, at + lead, value);
          else end = writeDecimal(bytes, at + lead, value, scale, separator);
          at = isPlain && end >= 0 ? end : finished(end, at, format);
        }
        bytes[at] = first;
        bytes[at + 1] = second;
        at += terminatorLength;
        starts[slot] = start;
        lengths[slot] = at - start;
        slot += 1;
      }
      return at;
    },
  };
}
