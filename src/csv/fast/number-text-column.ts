import type { NumberTextVector } from "../batch.ts";
import { checkTextPlace } from "../utf8-text.ts";
import { cellByCell } from "./cell-by-cell.ts";
import { reserve } from "./column-buffer.ts";
import type { ColumnContext, ColumnWriter } from "./column-writer.ts";

const point = 0x2e;

/** Numbers that are text already: their bytes are copied, with the dialect's decimal separator. */
export function numberTextColumn(vector: NumberTextVector, context: ColumnContext): ColumnWriter {
  const { bytes, starts, ends, nulls } = vector;
  const { separator, cellBytes } = context.format;
  return cellByCell(
    (row, at) => {
      const start = starts[row] ?? 0;
      const end = ends[row] ?? 0;
      checkTextPlace(start, end, bytes.length);
      const target = reserve(at + (end - start) + cellBytes);
      let place = at;
      for (let index = start; index < end; index += 1) {
        const byte = bytes[index] ?? 0;
        target[place] = byte === point ? separator : byte;
        place += 1;
      }
      return place;
    },
    nulls,
    context,
  );
}
