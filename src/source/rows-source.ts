import { randomUUID } from "node:crypto";
import { checkOptionNames } from "../check-arguments.ts";
import { wrongType } from "../errors.ts";
import { describeValue } from "../body/chunk.ts";
import { hasMethod, isAsyncIterable, isIterable } from "../body/chunk-reader.ts";
import { ItemReader } from "../body/item-reader.ts";
import { rowBatches } from "./row-batches.ts";
import type { RowLayout } from "./row-layout.ts";
import { namedColumns, type ColumnOption } from "./row-columns.ts";
import { checkRows, isReadOnce, isSource, rowBody, type Rows } from "./rows.ts";
import type { Source } from "./source.ts";

/** Options of `rowsSource`. */
export interface RowsOptions {
  /** @default the keys of the first row, or of what its `toJSON()` gives, or column1, column2 and so on if it is an array */
  readonly columns?: readonly ColumnOption[];
  /** @default "rows" */
  readonly name?: string;
}

const optionNames: readonly (keyof RowsOptions)[] = ["columns", "name"];

/**
 * Makes a source of user code's rows. A row is an array with its values in the order of the columns, possibly with fewer
 * values, or an object of which the columns' keys are read and other keys ignored.
 *
 * Without `columns` the first row decides, so the source's `columns` is empty until the first batch. The first row is yielded
 * at once, and further batches as soon as the rows pause. At most 256 rows are held, and fewer of many columns. The rows are released once, however a
 * reading ends.
 *
 * An array or another collection can be read repeatedly, and a function is called for each reading. A stream, a promise or an
 * iterator can be read once. If it is never read, `close()` releases it. A collection with a `close()` is closed with the
 * source, not after a reading. `version` is different each time it is read,
 * because each reading may yield other rows.
 * @param rows - arrays or objects, or something that yields them
 * @param options - the columns and a name
 * @throws TypeError `SCSV_ARG_TYPE`, RangeError `SCSV_ARG_RANGE` from the call, for invalid rows or options
 * @throws StreamCsvError `SCSV_ROW_SHAPE`, with the row, for a row that is neither an array nor an object, or has too many values
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
  let shown: Source["columns"] | undefined;
  const isOnce = isReadOnce(rows);
  const readers = new Set<ItemReader>();
  let closing: unknown;
  const open = (): ItemReader => {
    const reader = new ItemReader(isOnce ? rows : withoutClose(rows), rowBody);
    readers.add(reader);
    return reader;
  };
  if (!isOnce) checkRows(rows);
  // The body is opened at once: a stream may fail before it is read, and must be destroyed if it is never read.
  let unread = isOnce ? open() : undefined;
  return {
    name,
    kind: "rows",
    get columns() {
      if (layout.columns === undefined) return [];
      // Always the same array, by which readers recognise that they take all columns: headers may occur twice.
      shown ??= layout.columns.map((column) => ({ name: column.name, type: "mixed" }));
      return shown;
    },
    rowCount: Array.isArray(rows) ? rows.length : null,
    get version() {
      return randomUUID();
    },
    async *read({ signal, ...selection }) {
      signal.throwIfAborted();
      if (isOnce && unread === undefined)
        throw wrongType(
          "These rows have been read before, and can be read only once. Pass a function that makes them.",
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
      try {
        await Promise.all(Array.from(readers, (reader) => reader.close()));
      } finally {
        if (!isOnce && !isSource(rows) && hasMethod(rows, "close")) await (closing ??= rows.close());
      }
    },
  };
}

/** Rows that are read again later, without the `close()` that would end that. */
function withoutClose(rows: Rows): Rows {
  if (isSource(rows) || !hasMethod(rows, "close")) return rows;
  if (isAsyncIterable(rows)) return { [Symbol.asyncIterator]: () => rows[Symbol.asyncIterator]() };
  return isIterable(rows) ? { [Symbol.iterator]: () => rows[Symbol.iterator]() } : rows;
}
