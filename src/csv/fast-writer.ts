import type { Batch } from "./batch.ts";
import type { Dialect } from "./dialect.ts";
import { cellFormat, type CellFormat } from "./fast/cell-format.ts";
import { columnWriter, type CellWriter } from "./fast/column-writer.ts";
import { reserve, sink, takeBytes } from "./fast/sink.ts";
import type { RowWriter } from "./row-writer.ts";
import { stringifyWriter } from "./stringify-writer.ts";

/**
 * Writes rows straight into bytes, with a writer per column that is chosen once a batch; the same bytes as
 * csv-stringify. No object or string is made for a number, a date or a repeated text. The header row, which is short
 * and written once, is left to csv-stringify.
 */
export function fastWriter(columns: readonly string[], dialect: Dialect): RowWriter {
  const format = cellFormat(dialect, columns.length);
  const general = stringifyWriter(columns, dialect);
  let guardedCells = 0;
  const onGuarded = (): void => {
    guardedCells += 1;
  };
  return {
    header: () => general.header(),
    encode(batch: Batch, from: number, to: number, firstRow: number): Uint8Array {
      const writers = batch.columns.map((vector, index) =>
        columnWriter(vector, {
          format,
          column: columns[index] ?? "",
          rowOffset: firstRow - from,
          onGuarded,
        }),
      );
      let at = 0;
      for (let row = from; row < to; row += 1) at = writeRow(writers, row, at, format);
      return takeBytes(at);
    },
    get guardedCells() {
      return general.guardedCells + guardedCells;
    },
  };
}

/** Every cell is followed by a delimiter; the last one's place is taken by the end of the row. */
function writeRow(writers: readonly CellWriter[], row: number, from: number, format: CellFormat): number {
  reserve(from + format.slack);
  let at = from;
  for (const write of writers) {
    at = write(row, at);
    sink.bytes[at] = format.delimiter;
    at += 1;
  }
  const { bytes } = sink;
  if (at > from) at -= 1;
  if (at === from && writers.length === 1 && format.quotesLoneNull) {
    // A null alone in its row: readers skip empty lines.
    bytes[at] = format.quote;
    bytes[at + 1] = format.quote;
    at += 2;
  }
  for (const byte of format.recordDelimiter) {
    bytes[at] = byte;
    at += 1;
  }
  return at;
}
