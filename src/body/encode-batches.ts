import { systemClock, type Clock } from "../clock.ts";
import type { Batch } from "../csv/batch.ts";
import type { CsvEncoder } from "../csv/csv-encoder.ts";

/** How far a running export has come; it grows as chunks are handed out. */
export interface ExportProgress {
  readonly rows: number;
  readonly bytes: number;
  /** Cells that the formula guard has changed. */
  readonly guardedCells: number;
}

/** Nothing yet. */
export const noProgress: ExportProgress = { rows: 0, bytes: 0, guardedCells: 0 };

/**
 * A reader holds a chunk while it is waited for. The kernel takes the first few megabytes of everybody, so that who is
 * slow shows only then; until then, and for those who are, chunks are half as large: a thousand slow readers hold 35 MB
 * less. Larger ones save a fast reader a tenth of the time, since it is woken less often.
 */
const provenBytes = 4 * 1024 ** 2;
const slowMs = 250;
const unprovenShare = 0.5;

/** Encodes batches into chunks; `progress` counts what has been yielded. */
export async function* encodeBatches(
  batches: AsyncIterable<Batch>,
  encoder: CsvEncoder,
  progress: { -readonly [K in keyof ExportProgress]: ExportProgress[K] },
  clock: Clock = systemClock,
): AsyncGenerator<Uint8Array, void, undefined> {
  let header = encoder.header();
  // Until it is known, rather too many: the first rows come sooner, and long ones don't take long.
  let bytesPerRow = 1024;
  let isSlow = false;
  for await (const batch of batches) {
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
      // A slow client may leave the chunk for a minute: what it was made from needn't wait with it.
      if (to === batch.rowCount) batch.release?.();
      progress.rows += to - from;
      progress.bytes += chunk.byteLength;
      progress.guardedCells = encoder.guardedCells;
      const yieldedAtMs = clock.nowMs();
      yield chunk;
      isSlow ||= clock.nowMs() - yieldedAtMs > slowMs;
    }
  }
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
