import type { JsonTextVector, Utf8Vector } from "../batch.ts";
import { writeNull } from "./fixed-cell.ts";
import { cellTable, reserve, stage } from "./stage.ts";
import type { ColumnContext, StagedColumn } from "./staged-column.ts";
import { utf8CellWriter } from "./utf8-cell.ts";

/**
 * Text that is in UTF-8 already: its bytes are copied, and a string is made only of what the formula guard looks at. JSON
 * is no text to the dialect: it begins no formula, and is quoted where everything is.
 */
export function utf8Column(vector: Utf8Vector | JsonTextVector, context: ColumnContext): StagedColumn {
  const { nulls } = vector;
  const { first: firstPlace = 0, step = 1 } = vector.kind === "utf8" ? vector : {};
  const { format, terminator } = context;
  const write = utf8CellWriter(vector, context);
  const [first = 0, second = 0] = terminator;
  const terminatorLength = terminator.length;
  return {
    stage(from, to, firstSlot, begin) {
      const { starts, lengths } = cellTable;
      let at = begin;
      let slot = firstSlot;
      let place = firstPlace + from * step;
      for (let row = from; row < to; row += 1) {
        const start = at;
        if (nulls?.[place] === 1) {
          reserve(at + format.cellBytes);
          at = writeNull(at, format);
        } else at = write(row, place, at);
        const target = stage.bytes;
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
