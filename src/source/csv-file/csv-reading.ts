import type { Batch } from "../../csv/batch.ts";
import { toError } from "../../errors.ts";
import { guardFile } from "../guarded-file.ts";
import type { ByteReader } from "../text-file/byte-reader.ts";
import { openByteReader } from "../text-file/open-byte-reader.ts";
import { ByteWindow } from "./byte-window.ts";
import { CellScanner } from "./cell-scanner.ts";
import { mostRecordBytes, recordFault, tooLongFault } from "./csv-fault.ts";
import type { CsvLayout } from "./csv-layout.ts";
import type { CsvSettings } from "./csv-settings.ts";

/** One reading of a CSV file. */
export interface CsvReading {
  readonly settings: CsvSettings;
  readonly layout: CsvLayout;
  /** The version of the file that the layout is of. */
  readonly version: string;
  readonly mostRows: number;
  /** Columns by their place, in the order wanted. */
  readonly places: readonly number[];
  readonly signal: AbortSignal;
  /** While it is open, the reading has a function in here that stops it, for a reason. */
  readonly stops: Set<(reason: Error) => void>;
}

/**
 * Reads the rows of a CSV file, batch by batch; the file is closed at once when the reading ends, fails, is returned or
 * aborted. Cells of a batch lie in the block of bytes that was read. Memory is a block, more while a record is longer,
 * and 200 KiB.
 * @throws StreamCsvError `SCSV_SOURCE_CHANGED` when the file is another by now, `SCSV_SOURCE_UNREADABLE` with the line
 */
export async function* readRows(reading: CsvReading): AsyncGenerator<Batch, void, undefined> {
  const { settings, version, mostRows, signal, stops } = reading;
  signal.throwIfAborted();
  if (mostRows === 0) return;
  const rows = new RowWindow(
    await openByteReader(await guardFile(settings.path, version), settings),
    reading,
  );
  let stoppedFor: Error | undefined;
  const stop = (reason: Error): void => {
    stoppedFor ??= reason;
    // Who reads closes too, and is told there.
    rows.close().catch(() => undefined);
  };
  const abort = (): void => {
    stop(toError(signal.reason));
  };
  const throwIfStopped = (): void => {
    signal.throwIfAborted();
    if (stoppedFor !== undefined) throw stoppedFor;
  };
  stops.add(stop);
  signal.addEventListener("abort", abort, { once: true });
  try {
    for (;;) {
      throwIfStopped();
      const batch = await rows.next();
      throwIfStopped();
      if (batch === undefined) return;
      yield batch;
    }
  } catch (error) {
    // A file that was closed by an abort can't be read; that isn't what happened.
    throwIfStopped();
    throw error;
  } finally {
    stops.delete(stop);
    signal.removeEventListener("abort", abort);
    await rows.close();
  }
}

/** The part of a file that is in memory, and how far its rows are divided. */
class RowWindow {
  readonly #reader: ByteReader;
  readonly #reading: CsvReading;
  readonly #window: ByteWindow;
  readonly #scanner: CellScanner;
  /** The columns' vectors, by what their texts are known not to hold. */
  readonly #columns = new Map<string, Batch["columns"]>();
  #bytes: Uint8Array | undefined;
  #line: number;
  #rowsLeft: number;
  #toPass: number;
  /** Whether the bytes of the window have no whole row any more. */
  #needsMore = true;
  /** Whether the window begins with a record that isn't as it should be. */
  #isFaulty = false;
  #closing: Promise<void> | undefined;

  constructor(reader: ByteReader, reading: CsvReading) {
    const { settings, layout, mostRows } = reading;
    this.#reader = reader;
    this.#reading = reading;
    this.#window = new ByteWindow(reader, settings.blockBytes, mostRecordBytes);
    this.#scanner = new CellScanner(layout.format);
    this.#line = layout.firstLine;
    this.#rowsLeft = mostRows;
    this.#toPass = layout.rowsBegin;
  }

  /** The next rows; undefined when there are none. */
  async next(): Promise<Batch | undefined> {
    if (this.#rowsLeft === 0) return undefined;
    const window = this.#window;
    const scanner = this.#scanner;
    await this.#passHeader();
    if (this.#isFaulty) throw await this.#fault();
    for (;;) {
      if (this.#needsMore) await this.#readMore();
      const stop = scanner.scan(window.from, window.to, window.isEnd, this.#rowsLeft);
      window.from = scanner.next;
      this.#line += scanner.lineBreaks;
      this.#rowsLeft -= scanner.rowCount;
      this.#needsMore = stop === "end";
      this.#isFaulty = stop === "irregular";
      // Rows before a fault are given first, as all rows are that were read before it is met.
      if (scanner.rowCount > 0) return { rowCount: scanner.rowCount, columns: this.#vectors() };
      if (this.#isFaulty) throw await this.#fault();
      if (window.isEnd && window.length === 0) return undefined;
      if (window.isFull) throw tooLongFault(this.#place(), this.#reading.layout.format);
    }
  }

  /** Lets go of file and memory; a second call waits for the first. */
  close(): Promise<void> {
    this.#window.drop();
    this.#closing ??= this.#reader.close();
    return this.#closing;
  }

  async #passHeader(): Promise<void> {
    const window = this.#window;
    while (this.#toPass > 0) {
      await window.fill(1);
      const count = Math.min(this.#toPass, window.length);
      if (count === 0) return;
      window.from += count;
      this.#toPass -= count;
    }
  }

  /** Reads at least as many bytes as there are, so that a long record isn't gone through over and over. */
  async #readMore(): Promise<void> {
    const window = this.#window;
    await window.fill(Math.max(1, 2 * window.length));
    this.#scanner.use(window.bytes, window.from, window.to);
    this.#needsMore = false;
  }

  /** Vectors are the same ones as long as what is known of them is, so that who writes them can be ready for them. */
  #vectors(): Batch["columns"] {
    const { bytes } = this.#window;
    const { absent } = this.#scanner;
    if (this.#bytes !== bytes) this.#columns.clear();
    this.#bytes = bytes;
    const columns = this.#columns.get(absent) ?? this.#scanner.vectors(this.#reading.places);
    this.#columns.set(absent, columns);
    return columns;
  }

  #place(): { path: string; bytes: Uint8Array; from: number; to: number; line: number } {
    const { bytes, from, to } = this.#window;
    return { path: this.#reading.settings.path, bytes, from, to, line: this.#line };
  }

  /** What is wrong with the record at which the window begins; all of it is read, so that the same is told of every file. */
  async #fault(): Promise<Error> {
    const { layout } = this.#reading;
    const window = this.#window;
    for (;;) {
      const fault = recordFault(this.#place(), window.isEnd, layout.format, layout);
      if (fault !== undefined) return fault;
      if (window.isFull) return tooLongFault(this.#place(), layout.format);
      await window.fill(2 * window.length);
    }
  }
}
