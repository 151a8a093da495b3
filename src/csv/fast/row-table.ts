import type { Batch } from "../batch.ts";
import { columnBuffer } from "./column-buffer.ts";
import type { ColumnContext } from "./column-writer.ts";
import { writeCell } from "./write-cell.ts";

/** The values of a batch whose rows lie one behind the other in one array; undefined for any other batch. */
export function rowTable({ columns }: Batch): readonly unknown[] | undefined {
  const [column] = columns;
  if (column?.kind !== "mixed") return undefined;
  const { values } = column;
  for (let index = 0; index < columns.length; index += 1) {
    const vector = columns[index];
    if (vector?.kind !== "mixed" || vector.values !== values) return undefined;
    if ((vector.first ?? 0) !== index || (vector.step ?? 1) !== columns.length) return undefined;
  }
  return values;
}

/**
 * Writes rows of mixed values, one behind the other, from the beginning of the column buffer on; gives the end. Each value has to
 * be looked at anyway, so nothing would be gained by going column by column.
 */
export function writeRowTable(
  values: readonly unknown[],
  from: number,
  to: number,
  contexts: readonly ColumnContext[],
): number {
  let index = from * contexts.length;
  let at = 0;
  for (let row = from; row < to; row += 1) {
    for (const context of contexts) {
      at = writeCell(values[index], row, at, context);
      index += 1;
      const { terminator } = context;
      const { bytes } = columnBuffer;
      bytes[at] = terminator[0] ?? 0;
      bytes[at + 1] = terminator[1] ?? 0;
      at += terminator.length;
    }
  }
  return at;
}
