import { randomUUID } from "node:crypto";
import type { Batch } from "../csv/batch.ts";
import { StreamCsvError, wrongRange } from "../errors.ts";
import { FieldReader } from "./field-reader.ts";
import { RowReader, type Row, type Rows } from "./row-reader.ts";
import type { Source } from "./source.ts";

/** A column by the key its values have in objects, and, where it is another, the name in its header. */
export type ColumnOption = string | { readonly key: string; readonly header?: string };

/** What there is to say of rows of one's own. */
export interface RowsOptions {
  /** @default the keys of the first row; column1, column2 and so on when that is an array */
  readonly columns?: readonly ColumnOption[];
  /** @default "rows" */
  readonly name?: string;
}

/** Rows a batch holds at the most. */
const rowsPerBatch = 256;

interface WantedColumn {
  readonly place: number;
  readonly key: string;
}

interface Column {
  readonly key: string;
  readonly name: string;
}

/**
 * A source of rows that user code makes: arrays, whose values are in the columns' order and may be fewer, or objects,
 * of which the columns' keys are read and others left alone.
 *
 * Without `columns` the first row tells them, so `columns` of the source is empty until the first batch is there.
 * A batch is yielded as soon as the rows pause, the first row at once; at most 256 rows are held. The rows' iterator
 * is returned once when a reading is aborted or ends early. An array can be read again and again, a function is called
 * for each reading, anything else is read once.
 * @throws StreamCsvError `SCSV_ROW_SHAPE`, with the row, for a row that is neither array nor object or has too many values
 */
export function rowsSource(rows: Rows, options: RowsOptions = {}): Source {
  let columns = options.columns?.map(columnOf);
  const version = randomUUID();
  return {
    name: options.name ?? "rows",
    kind: "rows",
    get columns() {
      return (columns ?? []).map(({ name }) => ({ name, type: "mixed" }));
    },
    rowCount: Array.isArray(rows) ? rows.length : null,
    version,
    async *read({ signal, rows: limit = Number.POSITIVE_INFINITY, columns: places }) {
      signal.throwIfAborted();
      const reader = new RowReader(rows, signal);
      let count = 0;
      let wanted: readonly WantedColumn[] | undefined;
      let fields: FieldReader | undefined;
      try {
        while (count < limit) {
          const taken = await reader.take(Math.min(rowsPerBatch, limit - count));
          const [first] = taken;
          if (first === undefined) return;
          columns ??= columnsOf(checkedRow(first, 1));
          wanted ??= wantedColumns(columns, places);
          fields ??= new FieldReader(wanted.map(({ key }) => key));
          yield batchOf(taken, count, columns.length, wanted, fields);
          count += taken.length;
        }
      } finally {
        await reader.close();
      }
    },
    close: () => Promise.resolve(),
  };
}

function columnOf(option: ColumnOption): Column {
  if (typeof option === "string") return { key: option, name: option };
  return { key: option.key, name: option.header ?? option.key };
}

/** The columns a first row shows. */
function columnsOf(row: Row): Column[] {
  const names = Array.isArray(row) ? row.map((_, index) => `column${index + 1}`) : Object.keys(row);
  return names.map(columnOf);
}

/** The columns a reading wants, by their places. */
function wantedColumns(
  columns: readonly Column[],
  places: readonly number[] | undefined,
): readonly WantedColumn[] {
  return (places ?? columns.map((_, place) => place)).map((place) => {
    const column = columns[place];
    if (column === undefined)
      throw wrongRange(`There is no column ${place}: there are ${columns.length}, counted from 0.`);
    return { place, key: column.key };
  });
}

/** The wanted values of rows, laid side by side in one array. */
function batchOf(
  rows: readonly unknown[],
  rowsBefore: number,
  columnCount: number,
  wanted: readonly WantedColumn[],
  reader: FieldReader,
): Batch {
  const step = wanted.length;
  // Filled at once, so that the engine doesn't change the array's form when a number or a text comes first.
  // oxlint-disable-next-line no-new-array -- a list made value by value takes longer than all that is done with it here
  const values = new Array<unknown>(rows.length * step).fill(undefined);
  let at = 0;
  for (let index = 0; index < rows.length; index += 1) {
    const row = checkedRow(rows[index], rowsBefore + index + 1, columnCount);
    if (isList(row))
      for (let column = 0; column < step; column += 1) values[at + column] = row[wanted[column]?.place ?? 0];
    else reader.read(row, values, at);
    at += step;
  }
  return {
    rowCount: rows.length,
    columns: wanted.map((_, first) => ({ kind: "mixed", values, first, step })),
  };
}

/** A row that has a shape rows may have. */
function checkedRow(row: unknown, number: number, columnCount = Number.POSITIVE_INFINITY): Row {
  if (typeof row !== "object" || row === null)
    throw rowShape(number, `is ${row === null ? "null" : `a ${typeof row}`}, not an array or an object`);
  if (isList(row) && row.length > columnCount)
    throw rowShape(number, `has ${row.length} values for ${columnCount} columns`);
  return row;
}

function isList(row: object): row is readonly unknown[] {
  return Array.isArray(row);
}

function rowShape(row: number, fault: string): StreamCsvError {
  return new StreamCsvError("SCSV_ROW_SHAPE", `Row ${row} ${fault}.`, { row });
}
