import { systemClock, type Clock } from "../clock.ts";
import { DoubleMemory, LentMemory, ownMemory, type ChunkMemory } from "../csv/chunk-memory.ts";
import { CsvEncoder } from "../csv/csv-encoder.ts";
import { requireObject } from "../check-arguments.ts";
import { wrongType } from "../errors.ts";
import { encodeBatches, noProgress, type ExportProgress } from "../body/encode-batches.ts";
import type { ConnectionTime } from "../source/source.ts";
import { lendChunks } from "../body/lend-chunks.ts";
import type { ExportPlan } from "./plan.ts";

/** One run of a plan: its bytes, and how far they have come. */
export interface ExportRun {
  /**
   * The text in chunks as the encoder likes them, made as they are asked for; the header and the first rows come at once.
   * Each belongs to the caller. A run has one text: take its chunks in one of the three ways.
   */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** The same chunks in one memory, so that none becomes garbage; marked as lent, see `lendChunks`. */
  readonly lentChunks: AsyncIterable<Uint8Array>;
  /** The same chunks in two memories in turn, so that one can be written while the next is made, see `WriteBehind`. */
  readonly doubleBuffered: AsyncIterable<Uint8Array>;
  readonly progress: ExportProgress;
}

/** How a plan is run. */
export interface RunOptions {
  readonly signal: AbortSignal;
  /** @default the machine's clock */
  readonly clock?: Clock;
  /** What the run is for, such as the id of a transfer; a database shows it among its sessions. */
  readonly label?: string;
  /** Called when the reading has given its database connection back. */
  readonly onConnectionTime?: (time: ConnectionTime) => void;
}

/**
 * Runs a plan: reads and encodes batches, one at a time and only on demand. Memory is one batch and one chunk, for any
 * number of rows. Aborting `signal` or ending the iteration early releases the source.
 */
export function runExport(plan: ExportPlan, options: RunOptions): ExportRun {
  requireObject("options", options, "signal");
  const { signal, clock = systemClock, label, onConnectionTime } = options;
  requireObject("plan", plan, "columns", "dialect", "source");
  if (!(signal instanceof AbortSignal))
    throw wrongType("signal is an AbortSignal, which ends the run early.");
  const batches = plan.source.read({
    signal,
    ...(plan.rows === null ? {} : { rows: plan.rows }),
    ...(plan.columnIndexes === null ? {} : { columns: plan.columnIndexes }),
    ...(label === undefined ? {} : { label }),
    ...(onConnectionTime === undefined ? {} : { onConnectionTime }),
  });
  const progress = { ...noProgress };
  const encoded = (memory: ChunkMemory): AsyncGenerator<Uint8Array, void, undefined> => {
    const encoder = (): CsvEncoder =>
      new CsvEncoder(
        plan.columnsByRows ? plan.source.columns : plan.columns,
        plan.dialect,
        plan.encoder,
        memory,
      );
    return encodeBatches(batches, plan.columnsByRows ? encoder : encoder(), progress, clock);
  };
  return {
    progress,
    get chunks() {
      return encoded(ownMemory);
    },
    get lentChunks() {
      return lendChunks(encoded(new LentMemory()));
    },
    get doubleBuffered() {
      return lendChunks(encoded(new DoubleMemory()));
    },
  };
}
