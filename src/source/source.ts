import type { Batch } from "../csv/batch.ts";

/** A column of a source. */
export interface ColumnDescription {
  readonly name: string;
  /** `integer`, `decimal(10,2)`, `float`, `boolean`, `date`, `time`, `timestamp`, `text`, `bytes`, `json`, `mixed`. */
  readonly type: string;
}

/** The part of a source to read. */
export interface ReadOptions {
  /** Aborting it ends the reading: the iteration throws or ends, and releases everything it holds. */
  readonly signal: AbortSignal;
  /** The most rows. @default all */
  readonly rows?: number;
  /** The columns, by their positions in `columns`, in the requested order. @default all */
  readonly columns?: readonly number[];
  /** What the reading is for, such as the id of a transfer; a database shows it among its sessions. */
  readonly label?: string;
  /** Called when the reading has given its database connection back. */
  readonly onConnectionTime?: (time: ConnectionTime) => void;
}

/** What a reading cost its database in connections. */
export interface ConnectionTime {
  /** How long the reading waited for a connection. */
  readonly waitSeconds: number;
  /** How long it held the connection. */
  readonly heldSeconds: number;
}

/**
 * A source of rows. Each reading yields batches of typed columns, in a fixed order.
 *
 * Memory is bounded by a few batches per reading, whatever the number of rows. Nothing is read before the first batch is
 * requested, and later at most one batch is read ahead. A batch is valid until it is released or the next one is requested.
 * A reading that was aborted or returned, or has failed, holds nothing. The code that opened the source closes it.
 */
export interface Source {
  readonly name: string;
  /** The kind of the source: `generated`, `parquet`, `csv`, `json`, `duckdb`, `sqlite`, `postgres`, `rows`. */
  readonly kind: string;
  /** The columns. For rows of user code it may be empty until the first batch. */
  readonly columns: readonly ColumnDescription[];
  /** The number of rows of a reading without `rows`, or null if it is not known in advance. */
  readonly rowCount: number | null;
  /** Changes whenever the rows may have changed. Equal versions mean equal bytes. */
  readonly version: string;
  read(options: ReadOptions): AsyncIterable<Batch>;
  /** Releases everything that the source holds between readings, and aborts its readings. */
  close(): Promise<void>;
}
