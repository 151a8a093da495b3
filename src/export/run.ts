import { systemClock, type Clock } from "../clock.ts";
import { LentMemory, ownMemory } from "../csv/chunk-memory.ts";
import { CsvEncoder } from "../csv/csv-encoder.ts";
import { requireObject, wrongType } from "../errors.ts";
import { encodeBatches, noProgress, type ExportProgress } from "../body/encode-batches.ts";
import type { ExportPlan } from "./plan.ts";

/** One run of a plan: its bytes, and how far they have come. */
export interface ExportRun {
  /** The text in chunks as the encoder likes them, made as they are asked for; the header and the first rows come at once. */
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly progress: ExportProgress;
}

/** How a plan is run. */
export interface RunOptions {
  readonly signal: AbortSignal;
  /**
   * The memory of a chunk is used again for the next, so that none becomes garbage: whoever takes one has to be done
   * with it before asking for another. @default false
   */
  readonly lendsChunks?: boolean;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

/**
 * Runs a plan: reads batches and encodes them, one at a time and only when asked.
 * Memory is one batch and one chunk, whatever the rows. Aborting `signal` releases the source; so does ending the
 * iteration early.
 */
export function runExport(plan: ExportPlan, options: RunOptions): ExportRun {
  requireObject("options", options, "signal");
  const { signal, lendsChunks = false, clock = systemClock } = options;
  requireObject("plan", plan, "columns", "dialect", "source");
  if (!(signal instanceof AbortSignal))
    throw wrongType("signal is an AbortSignal, which ends the run early.");
  const memory = lendsChunks ? new LentMemory() : ownMemory;
  const encoder = new CsvEncoder(plan.columns, plan.dialect, plan.encoder, memory);
  const batches = plan.source.read({
    signal,
    ...(plan.rows === null ? {} : { rows: plan.rows }),
    ...(plan.columnIndexes === null ? {} : { columns: plan.columnIndexes }),
  });
  const progress = { ...noProgress };
  return { chunks: encodeBatches(batches, encoder, progress, clock), progress };
}
