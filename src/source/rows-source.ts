import { randomUUID } from "node:crypto";
import { checkOptionNames, wrongType } from "../errors.ts";
import { describeValue } from "../body/chunk.ts";
import { ItemReader } from "../body/item-reader.ts";
import { rowBatches, type RowLayout } from "./row-batches.ts";
import { namedColumns, type ColumnOption } from "./row-columns.ts";
import { checkRows, isReadOnce, rowBody, type Rows } from "./rows.ts";
import type { Source } from "./source.ts";

/** What there is to say of rows of one's own. */
export interface RowsOptions {
  /** @default the keys of the first row; column1, column2 and so on when that is an array */
  readonly columns?: readonly ColumnOption[];
  /** @default "rows" */
  readonly name?: string;
}

const optionNames: readonly (keyof RowsOptions)[] = ["columns", "name"];

/**
 * A source of rows that user code makes: arrays, whose values are in the columns' order and may be fewer, or objects,
 * of which the columns' keys are read and others left alone.
 *
 * Without `columns` the first row tells them, so `columns` of the source is empty until the first batch is there.
 * A batch is yielded as soon as the rows pause, the first row at once; at most 256 rows are held. The rows are given back
 * once when a reading ends, whichever way. An array or another collection can be read again and again, and a function is
 * called for each reading; a stream, a promise or an iterator can be read once, and is given back by `close()` when it
 * never was. Its `version` is another each time it is asked for, since each reading may give other rows.
 * @param rows - arrays or objects, or what gives them
 * @param options - the columns and a name
 * @throws TypeError `SCSV_ARG_TYPE`, RangeError `SCSV_ARG_RANGE` at the call, for what can't be rows or options
 * @throws StreamCsvError `SCSV_ROW_SHAPE`, with the row, for a row that is neither array nor object or has too many values
 * @example
 * ```js
 * import { csvChunks, rowsSource } from "stream-csv";
 *
 * const source = rowsSource([[1, "Ann"]], { columns: ["id", "name"] });
 * for await (const chunk of csvChunks(source)) console.log(Buffer.from(chunk).toString().trim());
 * await source.close();
 * ```
 *
 * ```text
 * id,name
 * 1,Ann
 * ```
 */
export function rowsSource(rows: Rows, options: RowsOptions = {}): Source {
  checkOptionNames("rowsSource()", options, optionNames);
  const { name = "rows" } = options;
  if (typeof name !== "string") throw wrongType(`name must be a string, not ${describeValue(name)}.`);
  const layout: RowLayout = { columns: namedColumns(options.columns) };
  const readers = new Set<ItemReader>();
  const open = (): ItemReader => {
    const reader = new ItemReader(rows, rowBody);
    readers.add(reader);
    return reader;
  };
  const isOnce = isReadOnce(rows);
  if (!isOnce) checkRows(rows);
  // Opened at once: a stream may fail before it is read, and has to be destroyed if it never is.
  let unread = isOnce ? open() : undefined;
  return {
    name,
    kind: "rows",
    get columns() {
      return (layout.columns ?? []).map((column) => ({ name: column.name, type: "mixed" }));
    },
    rowCount: Array.isArray(rows) ? rows.length : null,
    get version() {
      return randomUUID();
    },
    async *read({ signal, ...selection }) {
      signal.throwIfAborted();
      if (isOnce && unread === undefined)
        throw wrongType(
          "These rows were read before, and can be read once. Give a function that makes them.",
        );
      const reader = unread ?? open();
      unread = undefined;
      reader.closeOn(signal);
      try {
        yield* rowBatches(reader, layout, selection);
      } finally {
        readers.delete(reader);
      }
    },
    close: async () => {
      await Promise.all(Array.from(readers, (reader) => reader.close()));
    },
  };
}
