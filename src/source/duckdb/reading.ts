import type { DuckDBConnection, DuckDBDataChunk, DuckDBResult } from "@duckdb/node-api";
import { Pacer } from "../../async/pacer.ts";
import { systemClock } from "../../clock.ts";
import type { Batch } from "../../csv/batch.ts";
import { StreamCsvError } from "../../errors.ts";
import { chunkParts, isEndRow, rowSizes, type Pause } from "./chunk-parts.ts";
import type { ColumnReader } from "./column-reader.ts";
import { copyBatch } from "./copy-batch.ts";
import type { DatabaseLease } from "./file-databases.ts";
import { otherTypes, stoppedShort, tooMuchMemory } from "./reading-fault.ts";
import { isOutOfMemory, unreadable } from "./reason.ts";
import { typeKey } from "./type-key.ts";

/** One reading of a relation. */
export interface RelationReading {
  /** The source's name, for messages. */
  readonly name: string;
  /** Leases a database for the reading, with the file guarded at the state in which the source was opened. */
  readonly lease: () => Promise<DatabaseLease>;
  /** Called with the reserved memory if it was too little. */
  readonly onReserved: (bytes: number) => void;
  /** The rows, each with `false` after its columns. */
  readonly select: string;
  /** One row of nulls, with `true` after them. */
  readonly end: string;
  /** The rows to read. They are counted here, because with LIMIT DuckDB would hold all rows before returning the first. */
  readonly mostRows: number;
  readonly readers: readonly ColumnReader[];
  readonly signal: AbortSignal;
  /** While the reading is open, this set contains a function that stops it. */
  readonly stops: Set<() => Promise<void>>;
}

/**
 * Streams a relation, batch by batch. Its connection is released at once when the reading ends, fails, is returned or aborted,
 * even if no batch is requested at that time. While a batch is used, DuckDB makes only the next one, outside the event loop.
 * If the file was written to meanwhile, the last batch is not returned.
 *
 * A reading begins with little reserved memory. If DuckDB reports that it is too little, more is reserved and the reading
 * continues after the rows that it has returned.
 * @throws StreamCsvError `SCSV_SOURCE_CHANGED`, `SCSV_BUSY` if no memory is left, `SCSV_SOURCE_UNREADABLE`
 */
export async function* readRelation(reading: RelationReading): AsyncGenerator<Batch, void, undefined> {
  const { mostRows, signal, readers } = reading;
  signal.throwIfAborted();
  if (mostRows === 0) return;
  const lease = await reading.lease();
  let rows = 0;
  try {
    // One generator serves all attempts, because a nested one would cost some microseconds per batch.
    for (;;) {
      const attempt = await Attempt.begin(reading, lease, rows);
      try {
        const vectorReaders = readers.map((reader) => reader.open());
        for (;;) {
          const { chunk, first, last, isLast } = await attempt.next(rows);
          const sizes = await rowSizes(chunk, readers, attempt.pauses());
          for (const part of chunkParts(sizes, first, last)) {
            attempt.throwIfStopped();
            const batch = await copyBatch(
              reading.name,
              readers,
              vectorReaders,
              chunk,
              part,
              attempt.pauses(),
            );
            // The chunk must stay until its last rows are copied.
            if (!isLast && part.to === last) attempt.fetchAhead();
            rows += batch.rowCount;
            yield batch;
          }
          if (isLast) return;
        }
      } catch (error) {
        if (!isOutOfMemory(error)) throw error;
      } finally {
        await attempt.release();
      }
      if (lease.isAllThereIs && rows > 0) throw tooMuchMemory(reading.name, rows);
      await lease.grow();
      reading.onReserved(lease.reservedBytes);
    }
  } finally {
    await lease.release();
  }
}

/** A chunk, and its rows that have not been returned yet. */
interface NextRows {
  readonly chunk: DuckDBDataChunk;
  readonly first: number;
  readonly last: number;
  /** Whether these are the last rows. */
  readonly isLast: boolean;
}

/**
 * A connection that streams the rows after those that have been returned, and that other code can stop.
 *
 * DuckDB's client reports no fault once a result streams: the result then seems to have ended. Therefore an end row is read
 * after the rows, and a result without it is a fault.
 */
class Attempt {
  readonly #connection: DuckDBConnection;
  readonly #lease: DatabaseLease;
  readonly #reading: RelationReading;
  #result: DuckDBResult | undefined;
  #ahead: Promise<DuckDBDataChunk | null> | undefined;
  /** DuckDB's current work, settled when it is idle. It does one thing at a time. */
  #work: Promise<unknown> = Promise.resolve();
  #isStopped = false;
  #released: Promise<void> | undefined;
  /** The number of rows to skip, because an earlier attempt has returned them. */
  #toSkip: number;

  constructor(connection: DuckDBConnection, lease: DatabaseLease, reading: RelationReading, toSkip: number) {
    this.#connection = connection;
    this.#lease = lease;
    this.#reading = reading;
    this.#toSkip = toSkip;
    reading.stops.add(this.#stop);
    reading.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  static async begin(reading: RelationReading, lease: DatabaseLease, given: number): Promise<Attempt> {
    reading.signal.throwIfAborted();
    return new Attempt(await lease.instance.connect(), lease, reading, given);
  }

  /** Returns the rows of the next chunk and starts the query if necessary. @param given the number of rows returned so far */
  async next(given: number): Promise<NextRows> {
    const { select, end, mostRows, readers } = this.#reading;
    if (this.#result === undefined) {
      this.throwIfStopped();
      await this.#start(`(${select}) UNION ALL (${end})`);
      await this.#lease.guard.checkPath();
    }
    const chunk = await this.#fetch();
    if (chunk === null) throw await stoppedShort(this.#reading, this.#lease, given);
    const hasEnd = isEndRow(chunk, readers.length);
    const first = Math.min(this.#toSkip, chunk.rowCount);
    this.#toSkip -= first;
    const last = Math.min(first + mostRows - given, chunk.rowCount - (hasEnd ? 1 : 0));
    const isLast = hasEnd || given + last - first === mostRows;
    if (isLast) await this.#lease.guard.checkBytes();
    return { chunk, first, last, isLast };
  }

  /** Starts the query. @throws StreamCsvError `SCSV_SOURCE_CHANGED` if its columns have other types than described */
  async #start(sql: string): Promise<void> {
    await this.#busy(async () => {
      // It is stored even if the reading was stopped meanwhile, so that it can be released.
      this.#result = await this.#connection.stream(sql);
    });
    const result = this.#result;
    if (result === undefined) return;
    const { name, readers } = this.#reading;
    if (result.columnCount <= readers.length) throw otherTypes(name);
    const pause = this.pauses();
    for (const [place, reader] of readers.entries()) {
      await pause();
      if (typeKey(result.columnType(place)) !== reader.key) throw otherTypes(name);
    }
  }

  /** Returns the next chunk, or null if there is none. */
  #fetch(): Promise<DuckDBDataChunk | null> {
    const next = this.#ahead ?? this.#fetchChunk();
    this.#ahead = undefined;
    return next;
  }

  /** Begins to fetch the chunk that the next call of {@link next} returns. */
  fetchAhead(): void {
    this.#ahead = this.#fetchChunk();
    // The call that fetches reports an error. This avoids an unhandled rejection if there is no such call.
    this.#ahead.catch(() => undefined);
  }

  /** Releases the connection when DuckDB is idle. A second call waits for the first. */
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

  /** Lets DuckDB work. If the reading was stopped meanwhile, DuckDB's answer is ignored. */
  async #busy<T>(work: () => Promise<T>): Promise<T> {
    const settled = Promise.allSettled([work()]);
    this.#work = settled;
    const [outcome] = await settled;
    this.throwIfStopped();
    if (outcome.status === "fulfilled") return outcome.value;
    if (isOutOfMemory(outcome.reason)) throw outcome.reason;
    this.#lease.retire();
    // A change of the file explains any fault.
    await this.#lease.guard.checkPath();
    throw unreadable(this.#reading.name, "", outcome.reason);
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

  /** Begins work on many columns that is to pause from time to time. */
  pauses(): Pause {
    const pacer = new Pacer(systemClock);
    return () => (pacer.isDue ? pacer.yield().then(() => this.throwIfStopped()) : undefined);
  }

  readonly #onAbort = (): void => {
    // The reading releases both too, and reports an error there.
    this.#stop().catch(() => undefined);
  };

  readonly #stop = async (): Promise<void> => {
    this.#isStopped = true;
    await this.release();
    await this.#lease.release();
  };

  async #close(): Promise<void> {
    this.#reading.signal.removeEventListener("abort", this.#onAbort);
    try {
      this.#connection.interrupt();
      await this.#work;
      // Closing alone leaves the file open and rows buffered until the result is collected as garbage: an interrupted
      // result drops both when it is asked once more.
      this.#connection.interrupt();
      await this.#result?.fetchChunk();
    } finally {
      this.#connection.closeSync();
      this.#reading.stops.delete(this.#stop);
    }
  }
}
