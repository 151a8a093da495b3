import type { Batch } from "../csv/batch.ts";

/** A column as a source describes it. */
export interface ColumnDescription {
  readonly name: string;
  /** `integer`, `decimal(10,2)`, `float`, `boolean`, `date`, `time`, `timestamp`, `text`, `bytes`, `json`, `mixed`. */
  readonly type: string;
}

/** Which part of a source is read. */
export interface ReadOptions {
  /** Aborting it ends the reading: the iteration throws or ends, and what it held is released. */
  readonly signal: AbortSignal;
  /** Rows at the most; all when absent. */
  readonly rows?: number;
  /** Columns by their place in `columns`, in the order wanted; all when absent. */
  readonly columns?: readonly number[];
}

/**
 * Where rows come from: something that yields batches of typed columns, in a fixed order, as often as it is asked.
 *
 * Memory is bounded by a few batches per reading, whatever the number of rows. Nothing is read before the first batch
 * is asked for, and then at most one batch before it is asked for. A batch holds until it is released, or the next one
 * is asked for. A reading that is aborted, returned or has failed holds nothing.
 */
export interface Source {
  readonly name: string;
  /** What kind of source it is: `generated`, `parquet`, `csv`, `json`, `duckdb`, `rows`. */
  readonly kind: string;
  /** Empty until the first batch is there where only the rows tell the columns, as for rows of user code. */
  readonly columns: readonly ColumnDescription[];
  /** Rows that a reading without `rows` yields; null when that isn't known beforehand. */
  readonly rowCount: number | null;
  /** Changes whenever the rows may have changed; equal versions mean equal bytes. */
  readonly version: string;
  read(options: ReadOptions): AsyncIterable<Batch>;
  /** Gives back what the source holds between readings; readings under way are aborted. */
  close(): Promise<void>;
}
