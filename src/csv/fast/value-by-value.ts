import type { ColumnVector } from "../batch.ts";
import { vectorValue } from "../vector-value.ts";
import { cellTable, reserve } from "./column-buffer.ts";
import type { ColumnContext, ColumnWriter } from "./column-writer.ts";
import { writeBytes } from "./write-text.ts";
import { writeCell } from "./write-cell.ts";

/** Writes a vector of any kind value by value. It is for numbers whose text is checked before it is written. */
export function valueByValue(vector: ColumnVector, context: ColumnContext): ColumnWriter {
  const { terminator } = context;
  return {
    write(from, to, firstSlot, begin) {
      const { starts, lengths } = cellTable;
      let at = begin;
      let slot = firstSlot;
      reserve(at);
      for (let row = from; row < to; row += 1) {
        const start = at;
        at = writeCell(vectorValue(vector, row), row, at, context);
        at = writeBytes(terminator, 0, terminator.length, at, 0);
        starts[slot] = start;
        lengths[slot] = at - start;
        slot += 1;
      }
      return at;
    },
  };
}
