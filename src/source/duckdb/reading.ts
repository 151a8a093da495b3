import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance, DuckDBResult } from "@duckdb/node-api";
import type { Batch } from "../../csv/batch.ts";
import { StreamCsvError } from "../../errors.ts";
import { chunkParts } from "./chunk-parts.ts";
import { isOfType, type ColumnReader, type VectorReader } from "./column-reader.ts";
import type { DatabaseLease } from "./file-databases.ts";
import { isOutOfMemory, unreadable } from "./reason.ts";
import type { RowRange } from "./raw-vector.ts";
import { typeKey } from "./type-key.ts";

/** One reading of a relation. */
export interface RelationReading {
  /** The source's name, for messages. */
  readonly name: string;
  /** Takes a database for the reading, with the file held to the state the source was opened in. */
  readonly lease: () => Promise<DatabaseLease>;
  /** Told of the memory that was reserved when it was found to be too little. */
  readonly onReserved: (bytes: number) => void;
  /** The rows, each with `false` behind its columns. */
  readonly select: string;
  /** One row that is all null, with `true` behind it. */
  readonly end: string;
  /** Rows to read. Counted here and not by LIMIT, for which DuckDB would keep all rows before the first is given. */
  readonly mostRows: number;
  readonly readers: readonly ColumnReader[];
  readonly signal: AbortSignal;
  /** While it is open, the reading has a function in here that stops it. */
  readonly stops: Set<() => Promise<void>>;
}

/**
 * Streams a relation, batch by batch, and gives its connection back at once when it ends, fails, is returned or
 * aborted, even while nobody asks for the next batch. While a batch is used, DuckDB makes the next one beside the event
 * loop, that one and no more. The file is held to one version: its last batch isn't given out if it was written to.
 *
 * A reading begins with little memory reserved. When DuckDB says that it is too little, more is reserved and the
 * reading goes on behind the rows it has given.
 * @throws StreamCsvError `SCSV_SOURCE_CHANGED`, `SCSV_BUSY` when there is no more memory, `SCSV_SOURCE_UNREADABLE`
 */
export async function* readRelation(reading: RelationReading): AsyncGenerator<Batch, void, undefined> {
  const { mostRows, signal, readers } = reading;
  signal.throwIfAborted();
  if (mostRows === 0) return;
  const lease = await reading.lease();
  let rows = 0;
  try {
    // One generator for all attempts: a second one within it would cost each batch some microseconds.
    for (;;) {
      const attempt = await Attempt.begin(reading, lease, rows);
      try {
        const vectorReaders = readers.map((reader) => reader.open());
        for (;;) {
          const { chunk, first, last, isLast } = await attempt.next(rows);
          for (const part of chunkParts(chunk, first, last, readers)) {
            attempt.throwIfStopped();
            const batch = batchOf(reading, chunk, part, vectorReaders);
            // The chunk must be there until its last rows are copied.
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
      if (lease.isAllThereIs && rows > 0) throw tooLarge(reading.name, rows);
      await lease.grow();
      reading.onReserved(lease.reservedBytes);
    }
  } finally {
    await lease.release();
  }
}

/** A chunk, and which of its rows haven't been given yet. */
interface NextRows {
  readonly chunk: DuckDBDataChunk;
  readonly first: number;
  readonly last: number;
  /** Whether nothing comes behind them. */
  readonly isLast: boolean;
}

/**
 * A connection that streams the rows behind those that were given before, and what it takes to stop it from outside.
 *
 * DuckDB's client tells of no fault that happens once a result streams: the result then looks as if it had ended.
 * Therefore an end row is read behind the rows, and a result without it is a fault.
 */
class Attempt {
  readonly #connection: DuckDBConnection;
  readonly #lease: DatabaseLease;
  readonly #reading: RelationReading;
  #result: DuckDBResult | undefined;
  #ahead: Promise<DuckDBDataChunk | null> | undefined;
  /** What DuckDB does just now; settled when it is at rest. It does one thing at a time. */
  #work: Promise<unknown> = Promise.resolve();
  #isStopped = false;
  #released: Promise<void> | undefined;
  /** Rows to pass over, since an earlier attempt has given them. */
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

  /** The rows of the next chunk, which starts the query if need be. @param given rows that were given so far */
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

  /** Starts the query. @throws StreamCsvError `SCSV_SOURCE_CHANGED` when its columns have other types than were described */
  async #start(sql: string): Promise<void> {
    await this.#busy(async () => {
      // Kept even if the reading was stopped meanwhile: only then can it be released.
      this.#result = await this.#connection.stream(sql);
    });
    const types = this.#result?.columnTypes() ?? [];
    for (const [place, reader] of this.#reading.readers.entries())
      if (types[place] === undefined || typeKey(types[place]) !== reader.key)
        throw otherTypes(this.#reading.name);
  }

  /** The next chunk; null when there is none. */
  #fetch(): Promise<DuckDBDataChunk | null> {
    const next = this.#ahead ?? this.#fetchChunk();
    this.#ahead = undefined;
    return next;
  }

  /** Begins to fetch the chunk that the next call of {@link next} gives. */
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
    if (outcome.status === "fulfilled") return outcome.value;
    if (isOutOfMemory(outcome.reason)) throw outcome.reason;
    this.#lease.retire();
    // A file that has changed explains any fault.
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

  readonly #onAbort = (): void => {
    void this.#stop();
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

function isEndRow(chunk: DuckDBDataChunk, endColumn: number): boolean {
  return chunk.getColumnVector(endColumn).getItem(chunk.rowCount - 1) === true;
}

function batchOf(
  { name, readers }: RelationReading,
  chunk: DuckDBDataChunk,
  part: RowRange,
  vectorReaders: readonly VectorReader[],
): Batch {
  return {
    rowCount: part.to - part.from,
    columns: vectorReaders.map((read, place) => {
      const vector = chunk.getColumnVector(place);
      if (!isOfType(vector, readers[place]?.typeId)) throw otherTypes(name);
      return read(vector, part);
    }),
  };
}

/** Before the first row it is the memory that all readings share which is too little; later it may be a damaged size. */
function tooLarge(name: string, rows: number): StreamCsvError {
  return new StreamCsvError(
    "SCSV_SOURCE_UNREADABLE",
    `Reading ${JSON.stringify(name)} failed after row ${rows}: what follows takes more memory than all files being read may take, or is damaged.`,
    { hint: "Write the file with smaller row groups." },
  );
}

function otherTypes(name: string): StreamCsvError {
  return new StreamCsvError(
    "SCSV_SOURCE_CHANGED",
    `The columns of ${JSON.stringify(name)} have other types than when it was opened.`,
  );
}

/** The fault of a result that ended without its end row; a second reading, which keeps nothing, tells DuckDB's reason. */
async function stoppedShort(
  reading: RelationReading,
  { instance, guard, retire }: DatabaseLease,
  rows: number,
): Promise<unknown> {
  const { name, select, signal } = reading;
  await guard.checkBytes();
  let cause: unknown;
  try {
    // Another file's fault would explain nothing.
    await guard.checkPath();
    await readAll(instance, select, signal);
  } catch (error) {
    cause = error;
  }
  signal.throwIfAborted();
  // A fault that isn't met again came of what other readings held then.
  if (cause === undefined || isOutOfMemory(cause)) return cause ?? outOfMemory;
  retire();
  return cause instanceof StreamCsvError ? cause : unreadable(name, ` after row ${rows}`, cause);
}

const outOfMemory = new Error("Out of Memory Error: the result ended before its last row");

/** Reads every value: to count them, or the values of a column that has no nulls, the file's own statistics would do. */
async function readAll(instance: DuckDBInstance, select: string, signal: AbortSignal): Promise<void> {
  const connection = await instance.connect();
  const interrupt = (): void => {
    connection.interrupt();
  };
  signal.addEventListener("abort", interrupt, { once: true });
  try {
    await connection.run(`SELECT bit_xor(hash(COLUMNS(*))) FROM (${select})`);
  } finally {
    signal.removeEventListener("abort", interrupt);
    connection.closeSync();
  }
}
