import { stringify, type Options } from "csv-stringify/sync";
import type { Batch } from "./batch.ts";
import type { Dialect } from "./dialect.ts";
import { headerDialect } from "./header-dialect.ts";
import type { RowWriter } from "./row-writer.ts";
import { toStringifyOptions } from "./to-stringify-options.ts";
import { vectorValue } from "./vector-value.ts";

/** It is ten times slower than the fast encoder, and even slower before it is compiled: 64 KiB took 10 to 30 ms. */
const chunkBytes = 8 * 1024;

/** Writes rows with csv-stringify. This is the general encoder and the reference for the fast one. */
export function stringifyWriter(columns: readonly string[], dialect: Dialect): RowWriter {
  let guardedCells = 0;
  const context = { columns, firstRow: 1, onGuarded: () => (guardedCells += 1) };
  const headerOptions = toStringifyOptions(headerDialect(dialect), context);
  // csv-stringify gets no columns of its own, so it writes each array unchanged and does not copy its options per quoted null.
  const { columns: _columns, ...withoutColumns } = toStringifyOptions(dialect, context);
  const rowOptions: Options = { ...withoutColumns, bom: false, header: false };
  const utf8 = new TextEncoder();
  return {
    header: () => utf8.encode(stringify([], headerOptions)),
    encode(batch, from, to, firstRow) {
      context.firstRow = firstRow;
      return utf8.encode(stringify(rowsOf(batch, from, to), rowOptions));
    },
    chunkBytes,
    get guardedCells() {
      return guardedCells;
    },
  };
}

function rowsOf(batch: Batch, from: number, to: number): unknown[][] {
  const rows: unknown[][] = [];
  for (let row = from; row < to; row += 1)
    rows.push(batch.columns.map((vector) => castable(vectorValue(vector, row))));
  return rows;
}

/** Functions and symbols have no text. csv-stringify would refuse them before any cast. */
function castable(value: unknown): unknown {
  return typeof value === "function" || typeof value === "symbol" ? null : value;
}
