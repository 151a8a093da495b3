import type { Batch } from "../../csv/batch.ts";
import { toError } from "../../errors.ts";
import { guardFile } from "../guarded-file.ts";
import { openByteReader } from "../text-file/open-byte-reader.ts";
import type { CsvSettings } from "./csv-settings.ts";
import { RowWindow, type RowsWanted } from "./row-window.ts";

/** One reading of a CSV file. */
export interface CsvReading extends RowsWanted {
  readonly settings: CsvSettings;
  /** The version of the file that the layout is of. */
  readonly version: string;
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
  const file = await guardFile(settings.path, version);
  const rows = new RowWindow(await openByteReader(file, settings), reading);
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
      if (batch === undefined) {
        // The reader looks at the file's end; who wants fewer rows doesn't come there.
        await file.checkBytes();
        return;
      }
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
