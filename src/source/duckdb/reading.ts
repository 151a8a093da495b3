import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance, DuckDBResult } from "@duckdb/node-api";
import type { Batch } from "../../csv/batch.ts";
import { StreamCsvError } from "../../errors.ts";
import type { ColumnReader } from "./column-reader.ts";

/** One reading of a relation. */
export interface RelationReading {
  /** The source's name, for messages. */
  readonly name: string;
  readonly instance: DuckDBInstance;
  /** The rows, each with `false` behind its columns. */
  readonly select: string;
  /** One row that is all null, with `true` behind it. */
  readonly end: string;
  readonly readers: readonly ColumnReader[];
  readonly signal: AbortSignal;
  /** While it is open, the reading has a function in here that stops it. */
  readonly stops: Set<() => void>;
}

/**
 * Streams a relation, batch by batch, and gives its connection back at once when it ends, fails, is returned or
 * aborted, even while nobody asks for the next batch.
 *
 * DuckDB's client tells of no fault that happens once a result streams: the result then looks as if it had ended.
 * Therefore an end row is read behind the rows, and a result without it is a fault.
 */
export async function* readRelation(reading: RelationReading): AsyncGenerator<Batch, void, undefined> {
  const { instance, select, end, readers, signal } = reading;
  signal.throwIfAborted();
  const open = new OpenReading(await instance.connect(), reading);
  try {
    signal.throwIfAborted();
    await open.start(`(${select}) UNION ALL (${end})`);
    let rows = 0;
    for (;;) {
      const chunk = await open.fetch();
      signal.throwIfAborted();
      open.throwIfStopped();
      if (chunk === null) throw await stoppedShort(reading, rows);
      const hasEnd = isEndRow(chunk, readers.length);
      const rowCount = chunk.rowCount - (hasEnd ? 1 : 0);
      if (rowCount > 0) {
        rows += rowCount;
        yield batchOf(chunk, rowCount, readers);
      }
      if (hasEnd) return;
    }
  } finally {
    await open.release();
  }
}

/** A connection that streams, and what it takes to stop it from outside. */
class OpenReading {
  readonly #connection: DuckDBConnection;
  readonly #reading: RelationReading;
  #result: DuckDBResult | undefined;
  #isFetching = false;
  #isStopped = false;
  #released: Promise<void> | undefined;

  constructor(connection: DuckDBConnection, reading: RelationReading) {
    this.#connection = connection;
    this.#reading = reading;
    reading.stops.add(this.#stop);
    reading.signal.addEventListener("abort", this.#stop, { once: true });
  }

  async start(sql: string): Promise<void> {
    this.#isFetching = true;
    try {
      this.#result = await this.#connection.stream(sql);
    } finally {
      this.#isFetching = false;
    }
  }

  /** The next chunk; null when there is none. */
  async fetch(): Promise<DuckDBDataChunk | null> {
    if (this.#isStopped || this.#result === undefined) return null;
    this.#isFetching = true;
    try {
      const chunk = await this.#result.fetchChunk();
      return chunk === null || chunk.rowCount === 0 ? null : chunk;
    } finally {
      this.#isFetching = false;
    }
  }

  throwIfStopped(): void {
    if (this.#isStopped)
      throw new StreamCsvError(
        "SCSV_CANCELLED",
        `The source ${JSON.stringify(this.#reading.name)} was closed while it was read.`,
      );
  }

  /** Gives the connection back; a second call waits for the first. */
  release(): Promise<void> {
    this.#released ??= this.#close();
    return this.#released;
  }

  /** What runs is interrupted, and gives the connection back itself; a reading at rest is given back here. */
  readonly #stop = (): void => {
    this.#isStopped = true;
    this.#connection.interrupt();
    if (!this.#isFetching) void this.release();
  };

  async #close(): Promise<void> {
    this.#reading.stops.delete(this.#stop);
    this.#reading.signal.removeEventListener("abort", this.#stop);
    try {
      // Closing alone leaves the file open and rows buffered until the result is collected as garbage: an interrupted
      // result drops both when it is asked once more.
      this.#connection.interrupt();
      await this.#result?.fetchChunk();
    } finally {
      this.#connection.closeSync();
    }
  }
}

function isEndRow(chunk: DuckDBDataChunk, endColumn: number): boolean {
  return chunk.getColumnVector(endColumn).getItem(chunk.rowCount - 1) === true;
}

function batchOf(chunk: DuckDBDataChunk, rowCount: number, readers: readonly ColumnReader[]): Batch {
  return { rowCount, columns: readers.map((reader, index) => reader.read(chunk.getColumnVector(index))) };
}

/** The fault of a result that ended without its end row; a second reading, which only counts, tells DuckDB's reason. */
async function stoppedShort(reading: RelationReading, rows: number): Promise<StreamCsvError> {
  const connection = await reading.instance.connect();
  let cause: unknown;
  try {
    await connection.run(`SELECT count(COLUMNS(*)) FROM (${reading.select})`);
  } catch (error) {
    cause = error;
  } finally {
    connection.closeSync();
  }
  const reason = cause instanceof Error ? `: ${cause.message}` : ".";
  return new StreamCsvError(
    "SCSV_SOURCE_UNREADABLE",
    `Reading ${JSON.stringify(reading.name)} failed after row ${rows}${reason}`,
    { cause },
  );
}
