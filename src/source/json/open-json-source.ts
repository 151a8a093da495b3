import type { Batch } from "../../csv/batch.ts";
import { StreamCsvError, toError, wrongRange } from "../../errors.ts";
import type { FileEncoding } from "../file-options.ts";
import { guardFile, type GuardedFile } from "../guarded-file.ts";
import type { ReadOptions, Source } from "../source.ts";
import { openByteReader, type Compression } from "../text-file/open-byte-reader.ts";
import type { ByteReader } from "../text-file/byte-reader.ts";
import { BatchBuilder } from "./batch-builder.ts";
import { describeJson, type JsonDescription } from "./describe-json.ts";
import { RecordReader } from "./record-reader.ts";
import { RecordScanner } from "./record-scanner.ts";

/** A JSON file to be opened. */
export interface JsonFile {
  /** The name of the source. */
  readonly name: string;
  readonly path: string;
  readonly compression?: Compression | undefined;
  readonly encoding?: FileEncoding | undefined;
  /** The bytes of the file that a reading holds, for tests. @default 256 KiB */
  readonly blockBytes?: number;
}

/**
 * Opens a JSON file, strictly by RFC 8259: an array of records, or records that follow one another. The whole file is scanned
 * for faults and for its columns, which are the keys of all records in order of their first appearance.
 *
 * Values keep their written form: numbers with all digits, text with its escapes resolved, nested values as the same JSON without
 * insignificant white space. A missing key is null. A reading holds 256 KiB of the file, or a longer record of up to 32 MiB,
 * and as much for the positions of its values.
 * @throws StreamCsvError `SCSV_SOURCE_UNREADABLE` with the record's number, `SCSV_SOURCE_NOT_FOUND`, `SCSV_SOURCE_CHANGED`
 */
export async function openJsonSource(file: JsonFile): Promise<Source> {
  const { description, version } = await describeFile(file);
  const stops = new Set<() => void>();
  return {
    name: file.name,
    kind: "json",
    columns: description.columns,
    rowCount: description.rowCount,
    version,
    read: (options) => readJson(file, { description, version, stops }, options),
    close() {
      for (const stop of stops) stop();
      return Promise.resolve();
    },
  };
}

async function describeFile(
  file: JsonFile,
): Promise<{ readonly description: JsonDescription; readonly version: string }> {
  const guarded = await guardFile(file.path);
  const bytes = await openByteReader(guarded, file);
  try {
    const description = await describeJson(file.path, bytes, file.blockBytes);
    await guarded.checkBytes();
    return { description, version: guarded.version };
  } finally {
    await bytes.close();
  }
}

/** The state that all readings of a source share. */
interface OpenedJson {
  readonly description: JsonDescription;
  readonly version: string;
  /** While a reading is open, this set contains a function that stops it. */
  readonly stops: Set<() => void>;
}

async function* readJson(
  file: JsonFile,
  { description, version, stops }: OpenedJson,
  { signal, rows = Number.POSITIVE_INFINITY, columns }: ReadOptions,
): AsyncGenerator<Batch, void, undefined> {
  signal.throwIfAborted();
  const { wanted, places } = wantedColumns(description.columns.length, columns);
  const mostRows = Math.min(rows, description.rowCount);
  if (mostRows === 0) return;
  const open = await OpenReading.open(file, version, signal, stops);
  try {
    open.throwIfStopped();
    const scanner = new RecordScanner(description.keys, false);
    const records = new RecordReader(file.path, open.bytes, scanner, file.blockBytes);
    const builder = new BatchBuilder(wanted, description.columns.length);
    for (;;) {
      let isDry = false;
      while (!builder.isFull && records.count < mostRows) {
        isDry = !records.next();
        if (isDry) break;
        builder.add(scanner, records.bytes);
      }
      const isLast = records.count === mostRows;
      if (isLast) await open.file.checkBytes();
      open.throwIfStopped();
      if (builder.rowCount > 0) yield builder.take(records.bytes, places);
      open.throwIfStopped();
      if (isLast) return;
      if (records.isEnded) throw records.fault("there are fewer records than when the file was opened");
      if (isDry) await records.fill();
      open.throwIfStopped();
    }
  } catch (error) {
    throw await open.reasonOf(toError(error));
  } finally {
    await open.close();
  }
}

/** Each requested column once, and the position of each column of a batch among them. */
function wantedColumns(
  count: number,
  columns: readonly number[] = Array.from({ length: count }, (_, place) => place),
): { readonly wanted: readonly number[]; readonly places: readonly number[] } {
  const slots = new Map<number, number>();
  const places = columns.map((place) => {
    if (!(Number.isInteger(place) && place >= 0 && place < count))
      throw wrongRange(`There is no column ${place}. There are ${count}, counted from 0.`);
    const slot = slots.get(place) ?? slots.size;
    slots.set(place, slot);
    return slot;
  });
  return { wanted: [...slots.keys()], places };
}

/** An open reading of a file, which other code can stop. */
class OpenReading {
  readonly file: GuardedFile;
  readonly bytes: ByteReader;
  readonly #name: string;
  readonly #signal: AbortSignal;
  readonly #stops: Set<() => void>;
  #isStopped = false;

  static async open(
    file: JsonFile,
    version: string,
    signal: AbortSignal,
    stops: Set<() => void>,
  ): Promise<OpenReading> {
    const guarded = await guardFile(file.path, version);
    return new OpenReading(file.name, guarded, await openByteReader(guarded, file), signal, stops);
  }

  private constructor(
    name: string,
    file: GuardedFile,
    bytes: ByteReader,
    signal: AbortSignal,
    stops: Set<() => void>,
  ) {
    this.#name = name;
    this.file = file;
    this.bytes = bytes;
    this.#signal = signal;
    this.#stops = stops;
    stops.add(this.#stop);
    signal.addEventListener("abort", this.#stop, { once: true });
  }

  throwIfStopped(): void {
    this.#signal.throwIfAborted();
    if (this.#isStopped)
      throw new StreamCsvError(
        "SCSV_CANCELLED",
        `The source ${JSON.stringify(this.#name)} was closed while it was read.`,
      );
  }

  /** Returns the real reason of a failed reading: it was stopped, or the file has changed, or else the error itself. */
  async reasonOf(error: Error): Promise<Error> {
    try {
      this.throwIfStopped();
      await this.file.checkBytes();
      return error;
    } catch (reason) {
      return toError(reason);
    }
  }

  async close(): Promise<void> {
    this.#stops.delete(this.#stop);
    this.#signal.removeEventListener("abort", this.#stop);
    await this.bytes.close();
  }

  readonly #stop = (): void => {
    this.#isStopped = true;
    // The reading closes the file too, and reports an error there.
    this.close().catch(() => undefined);
  };
}
