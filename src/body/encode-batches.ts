import { systemClock, type Clock } from "../clock.ts";
import type { Batch } from "../csv/batch.ts";
import { checkRowCount } from "../csv/check-batch.ts";
import type { CsvEncoder } from "../csv/csv-encoder.ts";

/** Progress of a running export; it grows as chunks are yielded. */
export interface ExportProgress {
  readonly rows: number;
  readonly bytes: number;
  /** Cells that the formula guard changed. */
  readonly guardedCells: number;
}

/** The progress at the start of an export. */
export const noProgress: ExportProgress = { rows: 0, bytes: 0, guardedCells: 0 };

/**
 * While the server waits for a client, it holds one chunk. The kernel buffers the first few megabytes for every
 * client, so a slow client shows only after that. Until then, and for slow clients, chunks are half as large, which
 * saves 35 MB with a thousand slow clients. For a fast client larger chunks save a tenth of the time, because it is
 * woken less often.
 */
const provenBytes = 4 * 1024 ** 2;
const slowMs = 250;
const unprovenShare = 0.5;

/**
 * Before the first piece the row size is unknown. A high estimate makes small pieces, so the first rows come sooner. Cells of
 * many columns are usually short, but ten thousand of them fill a chunk.
 */
const guessedRowBytes = 1024;
const guessedCellBytes = 8;

/**
 * Encodes batches into chunks. `progress` counts the yielded rows and bytes. Where only the rows tell the columns, the encoder
 * is a function, which is called when the first batch is there, or when there is none.
 */
export async function* encodeBatches(
  batches: AsyncIterable<Batch>,
  encoderOrMaker: CsvEncoder | (() => CsvEncoder),
  progress: { -readonly [K in keyof ExportProgress]: ExportProgress[K] },
  clock: Clock = systemClock,
): AsyncGenerator<Uint8Array, void, undefined> {
  let encoder = typeof encoderOrMaker === "function" ? undefined : encoderOrMaker;
  let header = encoder?.header() ?? new Uint8Array(0);
  let bytesPerRow: number | undefined;
  let isSlow = false;
  const start = (): CsvEncoder => {
    const made = typeof encoderOrMaker === "function" ? encoderOrMaker() : encoderOrMaker;
    header = made.header();
    return made;
  };
  for await (const batch of batches) {
    encoder ??= start();
    // A row count that is not a number would end the loop at once. The encoder checks the rest.
    checkRowCount(batch);
    bytesPerRow ??= Math.max(guessedRowBytes, guessedCellBytes * encoder.columns.length);
    let to = 0;
    for (let from = 0; from < batch.rowCount; from = to) {
      // Equal pieces, so that a batch a little larger than a chunk doesn't leave a tiny one behind.
      const left = batch.rowCount - from;
      const share = isSlow || progress.bytes < provenBytes ? unprovenShare : 1;
      const pieces = Math.max(1, Math.round((left * bytesPerRow) / (encoder.chunkBytes * share)));
      to = from + Math.ceil(left / pieces);
      const rows = encoder.encode(batch, from, to);
      bytesPerRow = rows.byteLength / (to - from);
      const chunk = header.byteLength === 0 ? rows : concat(header, rows);
      header = new Uint8Array(0);
      // A slow client may take a minute for the chunk; the batch is released before that.
      if (to === batch.rowCount) batch.release?.();
      progress.rows += to - from;
      progress.bytes += chunk.byteLength;
      progress.guardedCells = encoder.guardedCells;
      const yieldedAtMs = clock.nowMs();
      yield chunk;
      isSlow ||= clock.nowMs() - yieldedAtMs > slowMs;
    }
  }
  encoder ??= start();
  if (header.byteLength > 0) {
    progress.bytes += header.byteLength;
    progress.guardedCells = encoder.guardedCells;
    yield header;
  }
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.byteLength + second.byteLength);
  joined.set(first);
  joined.set(second, first.byteLength);
  return joined;
}
