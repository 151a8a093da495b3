import type { Batch } from "../../csv/batch.ts";
import type { ByteReader } from "../text-file/byte-reader.ts";
import { ByteWindow } from "./byte-window.ts";
import { CellScanner } from "./cell-scanner.ts";
import { mostRecordBytes, recordFault, tooLongFault, type RecordPlace } from "./csv-fault.ts";
import type { CsvLayout } from "./csv-layout.ts";
import type { CsvSettings } from "./csv-settings.ts";
import { lineBreaksEnd } from "./record-format.ts";

/** The rows of a file to read. */
export interface RowsWanted {
  readonly settings: Pick<CsvSettings, "path" | "blockBytes">;
  readonly layout: CsvLayout;
  readonly mostRows: number;
  /** The columns, by their positions, in the requested order. */
  readonly places: readonly number[];
}

/** The part of a file that is in memory, and how many of its rows have been split. */
export class RowWindow {
  readonly #reader: ByteReader;
  readonly #reading: RowsWanted;
  readonly #window: ByteWindow;
  readonly #scanner: CellScanner;
  /** The columns' vectors, by the characters that their texts don't contain. */
  readonly #columns = new Map<string, Batch["columns"]>();
  #bytes: Uint8Array | undefined;
  #line: number;
  #rowsLeft: number;
  #toPass: number;
  /** Whether the window contains no further complete row. */
  #needsMore = true;
  /** Whether the window begins with a faulty record. */
  #isFaulty = false;
  #closing: Promise<void> | undefined;

  constructor(reader: ByteReader, reading: RowsWanted) {
    const { settings, layout, mostRows } = reading;
    this.#reader = reader;
    this.#reading = reading;
    this.#window = new ByteWindow(reader, settings.blockBytes, mostRecordBytes);
    this.#scanner = new CellScanner(layout.format);
    this.#line = layout.firstLine;
    this.#rowsLeft = mostRows;
    this.#toPass = layout.rowsBegin;
  }

  /** Returns the next rows, or undefined if there are none. */
  async next(): Promise<Batch | undefined> {
    if (this.#rowsLeft === 0) return undefined;
    const window = this.#window;
    const scanner = this.#scanner;
    await this.#passHeader();
    if (this.#isFaulty) return await this.#endOrThrow();
    for (;;) {
      if (this.#needsMore) await this.#readMore();
      const stop = scanner.scan(window.from, window.to, window.isEnd, this.#rowsLeft);
      window.from = scanner.next;
      this.#line += scanner.lineBreaks;
      this.#rowsLeft -= scanner.rowCount;
      this.#needsMore = stop === "end";
      this.#isFaulty = stop === "irregular";
      // The rows before a fault are returned first.
      if (scanner.rowCount > 0) return { rowCount: scanner.rowCount, columns: this.#vectors() };
      if (this.#isFaulty) return await this.#endOrThrow();
      if (window.isEnd && window.length === 0) return undefined;
      if (window.isFull) throw tooLongFault(this.#place(), this.#reading.layout.format);
    }
  }

  /** Closes the file and releases the memory. A second call waits for the first. */
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

  /** Reads at least as many bytes as are present, so that a long record is not scanned again and again. */
  async #readMore(): Promise<void> {
    const window = this.#window;
    await window.fill(Math.max(1, 2 * window.length));
    this.#scanner.use(window.bytes, window.from, window.to);
    this.#needsMore = false;
  }

  /** Returns the same vectors as long as the same characters are absent, so that their writers can be reused. */
  #vectors(): Batch["columns"] {
    const { bytes } = this.#window;
    const { absent } = this.#scanner;
    if (this.#bytes !== bytes) this.#columns.clear();
    this.#bytes = bytes;
    const columns = this.#columns.get(absent) ?? this.#scanner.vectors(this.#reading.places);
    this.#columns.set(absent, columns);
    return columns;
  }

  #place(): RecordPlace {
    const { bytes, from, to } = this.#window;
    return { path: this.#reading.settings.path, bytes, from, to, line: this.#line };
  }

  /**
   * Ends the reading if only blank lines follow, which aren't rows where a table has several columns. Otherwise throws the
   * fault of the record at which the window begins.
   */
  async #endOrThrow(): Promise<undefined> {
    const fault = await this.#fault();
    if (this.#reading.layout.format.columnCount === 1 || !(await this.#passBlankLines())) throw fault;
    this.#rowsLeft = 0;
    return undefined;
  }

  /** Passes blank lines. Returns whether the file ends after them. */
  async #passBlankLines(): Promise<boolean> {
    const window = this.#window;
    for (;;) {
      await window.fill(1);
      if (window.length === 0) return true;
      window.from = lineBreaksEnd(window.bytes, window.from, window.to);
      if (window.length > 0) return false;
    }
  }

  /** Returns the fault of the record at which the window begins. It reads the whole record, so that the message is always the same. */
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
