import type { Batch } from "../../csv/batch.ts";
import { toError } from "../../errors.ts";
import { guardFile } from "../guarded-file.ts";
import { openByteReader } from "../text-file/open-byte-reader.ts";
import type { CsvSettings } from "./csv-settings.ts";
import { RowWindow, type RowsWanted } from "./row-window.ts";

/** One reading of a CSV file. */
export interface CsvReading extends RowsWanted {
  readonly settings: CsvSettings;
  /** The version of the file that the layout describes. */
  readonly version: string;
  readonly signal: AbortSignal;
  /** While the reading is open, this set contains a function that stops it with a reason. */
  readonly stops: Set<(reason: Error) => void>;
}

/**
 * Reads the rows of a CSV file, batch by batch. The file is closed at once when the reading ends, fails, is returned or
 * aborted. The cells of a batch point into the block of bytes that was read. Memory is a block, or a longer record, plus
 * 200 KiB.
 * @throws StreamCsvError `SCSV_SOURCE_CHANGED` if the file is another one now, `SCSV_SOURCE_UNREADABLE` with the line
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
    // The reading closes the file too, and reports an error there.
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
        // The reader checks the file at its end, which a reading of fewer rows does not reach.
        await file.checkBytes();
        return;
      }
      yield batch;
    }
  } catch (error) {
    // Reading from a file that an abort has closed fails, but the abort is the reason.
    throwIfStopped();
    throw error;
  } finally {
    stops.delete(stop);
    signal.removeEventListener("abort", abort);
    await rows.close();
  }
}
