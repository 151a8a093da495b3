import type { Batch } from "../../csv/batch.ts";
import { StreamCsvError, wrongRange } from "../../errors.ts";
import type { ColumnDescription, ReadOptions, Source } from "../source.ts";
import { readInProcess } from "./ask-reader.ts";
import type { StatementValue } from "./protocol.ts";

/** A statement of a SQLite file that gives rows. */
export interface SqliteRelation {
  readonly name: string;
  readonly path: string;
  readonly sql: string;
  /** The table or view that the statement reads whole, or null if it is a query that somebody wrote. */
  readonly table: string | null;
  readonly columns: readonly ColumnDescription[];
  readonly values: readonly StatementValue[];
  readonly version: string;
  /** Called when the snapshot of a reading is taken. */
  readonly onBegun: () => Promise<void>;
}

/**
 * A source that reads a statement in a process of its own, in one read transaction, which is one snapshot. The number of rows isn't
 * known, because to count them SQLite would have to read them.
 */
export function sqliteSource(relation: SqliteRelation): Source {
  const { name, columns, version } = relation;
  const closing = new AbortController();
  /** The ends of the processes that read. */
  const readings = new Set<Promise<void>>();
  return {
    name,
    kind: "sqlite",
    columns,
    rowCount: null,
    version,
    read: (options) => readRelation(relation, options, closing.signal, readings),
    async close() {
      closing.abort(
        new StreamCsvError(
          "SCSV_CANCELLED",
          `The source ${JSON.stringify(name)} was closed while it was read.`,
        ),
      );
      await Promise.all(readings);
    },
  };
}

async function* readRelation(
  relation: SqliteRelation,
  { signal, rows, columns: places }: ReadOptions,
  closed: AbortSignal,
  readings: Set<Promise<void>>,
): AsyncGenerator<Batch, void, undefined> {
  signal.throwIfAborted();
  closed.throwIfAborted();
  if (rows === 0) return;
  const { name, path, sql, table, columns, values, onBegun } = relation;
  const wanted = places ?? columns.map((_, place) => place);
  const unknown = wanted.find((place) => columns[place] === undefined);
  if (unknown !== undefined)
    throw wrongRange(`There is no column ${unknown}. There are ${columns.length}, counted from 0.`);
  const request = {
    kind: "read",
    path,
    name,
    sql,
    table,
    columns: columns.map((column) => column.name),
    places: wanted,
    rows: rows ?? null,
    values,
  } as const;
  const stop = new AbortController();
  const stopped = (): void => stop.abort(signal.aborted ? signal.reason : closed.reason);
  signal.addEventListener("abort", stopped, { once: true });
  closed.addEventListener("abort", stopped, { once: true });
  try {
    yield* readInProcess(request, stop.signal, onBegun, readings);
  } finally {
    signal.removeEventListener("abort", stopped);
    closed.removeEventListener("abort", stopped);
  }
}
