import { cellTable, reserve } from "./column-buffer.ts";
import type { ColumnContext, ColumnWriter, VectorOf } from "./column-writer.ts";
import { writeBytes } from "./write-text.ts";
import { writeCell } from "./write-cell.ts";

/** Values of any type, looked at one by one; with `codes`, row i is value `codes[i]`. */
export function valueColumn(
  { values, first = 0, step = 1 }: Pick<VectorOf<"mixed">, "values" | "first" | "step">,
  context: ColumnContext,
  codes?: VectorOf<"dictionary">["codes"],
): ColumnWriter {
  const { terminator } = context;
  return {
    write(from, to, firstSlot, begin) {
      const { starts, lengths } = cellTable;
      let at = begin;
      let slot = firstSlot;
      reserve(at);
      for (let row = from; row < to; row += 1) {
        const place = codes === undefined ? first + row * step : (codes[row] ?? values.length);
        if (codes !== undefined && place >= values.length)
          throw new RangeError(`The code ${place} is beyond its dictionary of ${values.length}.`);
        const value = values[place];
        const start = at;
        at = writeCell(value, row, at, context);
        at = writeBytes(terminator, 0, terminator.length, at, 0);
        starts[slot] = start;
        lengths[slot] = at - start;
        slot += 1;
      }
      return at;
    },
  };
}
