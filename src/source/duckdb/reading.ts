import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance, DuckDBResult } from "@duckdb/node-api";
import type { Batch } from "../../csv/batch.ts";
import { StreamCsvError } from "../../errors.ts";
import { chunkParts } from "./chunk-parts.ts";
import type { ColumnReader, VectorReader } from "./column-reader.ts";
import { reasonOf } from "./reason.ts";
import type { RowRange } from "./raw-vector.ts";

/** One reading of a relation. */
export interface RelationReading {
  /** The source's name, for messages. */
  readonly name: string;
  readonly instance: DuckDBInstance;
  /** The rows, each with `false` behind its columns. */
  readonly select: string;
  /** One row that is all null, with `true` behind it. */
  readonly end: string;
  /** Rows to read. Counted here and not by LIMIT, for which DuckDB would keep all rows before the first is given. */
  readonly mostRows: number;
  readonly readers: readonly ColumnReader[];
  readonly signal: AbortSignal;
  /** While it is open, the reading has a function in here that stops it. */
  readonly stops: Set<() => void>;
}

/**
 * Streams a relation, batch by batch, and gives its connection back at once when it ends, fails, is returned or
 * aborted, even while nobody asks for the next batch. While a batch is used, DuckDB makes the next one beside the event
 * loop, that one and no more.
 *
 * DuckDB's client tells of no fault that happens once a result streams: the result then looks as if it had ended.
 * Therefore an end row is read behind the rows, and a result without it is a fault.
 */
export async function* readRelation(reading: RelationReading): AsyncGenerator<Batch, void, undefined> {
  const { instance, select, end, mostRows, readers, signal } = reading;
  signal.throwIfAborted();
  if (mostRows === 0) return;
  const open = new OpenReading(await instance.connect(), reading);
  try {
    signal.throwIfAborted();
    await open.start(`(${select}) UNION ALL (${end})`);
    const vectorReaders = readers.map((reader) => reader.open());
    let rows = 0;
    for (;;) {
      const chunk = await open.fetch();
      if (chunk === null) throw await stoppedShort(reading, rows);
      const hasEnd = isEndRow(chunk, readers.length);
      const rowCount = Math.min(mostRows - rows, chunk.rowCount - (hasEnd ? 1 : 0));
      rows += rowCount;
      const isLast = hasEnd || rows === mostRows;
      for (const part of chunkParts(chunk, rowCount, readers)) {
        open.throwIfStopped();
        const batch = batchOf(chunk, part, vectorReaders);
        // The chunk must be there until its last rows are copied.
        if (!isLast && part.to === rowCount) open.fetchAhead();
        yield batch;
      }
      if (isLast) return;
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
  #ahead: Promise<DuckDBDataChunk | null> | undefined;
  /** What DuckDB does just now; settled when it is at rest. It does one thing at a time. */
  #work: Promise<unknown> = Promise.resolve();
  #isStopped = false;
  #released: Promise<void> | undefined;

  constructor(connection: DuckDBConnection, reading: RelationReading) {
    this.#connection = connection;
    this.#reading = reading;
    reading.stops.add(this.#stop);
    reading.signal.addEventListener("abort", this.#stop, { once: true });
  }

  async start(sql: string): Promise<void> {
    await this.#busy(async () => {
      // Kept even if the reading was stopped meanwhile: only then can it be released.
      this.#result = await this.#connection.stream(sql);
    });
  }

  /** The next chunk; null when there is none. */
  fetch(): Promise<DuckDBDataChunk | null> {
    const next = this.#ahead ?? this.#fetchChunk();
    this.#ahead = undefined;
    return next;
  }

  /** Begins to fetch the chunk that the next {@link fetch} gives. */
  fetchAhead(): void {
    this.#ahead = this.#fetchChunk();
    // A fault is told to whoever fetches; nobody may.
    this.#ahead.catch(() => undefined);
  }

  /** Gives the connection back once DuckDB is at rest; a second call waits for the first. */
  release(): Promise<void> {
    this.#released ??= this.#close();
    return this.#released;
  }

  async #fetchChunk(): Promise<DuckDBDataChunk | null> {
    const result = this.#result;
    this.throwIfStopped();
    if (result === undefined) return null;
    const chunk = await this.#busy(() => result.fetchChunk());
    return chunk === null || chunk.rowCount === 0 ? null : chunk;
  }

  /** Lets DuckDB work; what it says is worth nothing once the reading was stopped meanwhile. */
  async #busy<T>(work: () => Promise<T>): Promise<T> {
    const settled = Promise.allSettled([work()]);
    this.#work = settled;
    const [outcome] = await settled;
    this.throwIfStopped();
    if (outcome.status === "rejected") throw unreadable(this.#reading.name, "", outcome.reason);
    return outcome.value;
  }

  /** @throws the reason, once the reading was stopped: what it had read may not be looked at any more */
  throwIfStopped(): void {
    this.#reading.signal.throwIfAborted();
    if (this.#isStopped)
      throw new StreamCsvError(
        "SCSV_CANCELLED",
        `The source ${JSON.stringify(this.#reading.name)} was closed while it was read.`,
      );
  }

  readonly #stop = (): void => {
    this.#isStopped = true;
    void this.release();
  };

  async #close(): Promise<void> {
    this.#reading.stops.delete(this.#stop);
    this.#reading.signal.removeEventListener("abort", this.#stop);
    try {
      this.#connection.interrupt();
      await this.#work;
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

function batchOf(chunk: DuckDBDataChunk, part: RowRange, readers: readonly VectorReader[]): Batch {
  return {
    rowCount: part.to - part.from,
    columns: readers.map((read, index) => read(chunk.getColumnVector(index), part)),
  };
}

/** The fault of a result that ended without its end row; a second reading, which only counts, tells DuckDB's reason. */
async function stoppedShort(reading: RelationReading, rows: number): Promise<StreamCsvError> {
  const { instance, name, select, signal } = reading;
  const connection = await instance.connect();
  const interrupt = (): void => {
    connection.interrupt();
  };
  signal.addEventListener("abort", interrupt, { once: true });
  let cause: unknown;
  try {
    await connection.run(`SELECT count(COLUMNS(*)) FROM (${select})`);
  } catch (error) {
    cause = error;
  } finally {
    signal.removeEventListener("abort", interrupt);
    connection.closeSync();
  }
  signal.throwIfAborted();
  return unreadable(name, ` after row ${rows}`, cause);
}

function unreadable(name: string, where: string, cause: unknown): StreamCsvError {
  const reason = cause instanceof Error ? `: ${reasonOf(cause)}.` : ".";
  return new StreamCsvError(
    "SCSV_SOURCE_UNREADABLE",
    `Reading ${JSON.stringify(name)} failed${where}${reason}`,
    { cause },
  );
}
