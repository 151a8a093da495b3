import { StreamCsvError, type Clock } from "../../../src/ground.ts";
import { startClosedLoop } from "../../load/closed-loop.ts";
import { readExport, type ExportReading } from "../../load/read-export.ts";
import { fetchInsideNumbers, type InsideNumbers } from "../../probe/server-stats.ts";
import type { Measured } from "../../result/metric.ts";

/** A server whose workers take one connection each, and the export that clients ask for. */
export interface SyncServer {
  readonly origin: string;
  readonly exportUrl: URL;
  readonly workers: number;
}

/** How many clients ask, how slowly each reads, and for how long they are watched. */
export interface ClosedLoopOptions {
  readonly clients: number;
  readonly bytesPerSecond: number;
  /** From here on a client reads at full speed: what lies in the kernel holds no worker, and must not delay the client. */
  readonly hurryAfterBytes: number;
  /** Exports that each busy worker gives while it is watched. */
  readonly exportsPerWorker: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Lets clients ask for an export again and again without a pause, and reads from the server's counters how many workers
 * are busy and how many clients wait. Both are taken from a time in which all clients are asking. The cost of one
 * export is taken from the whole time, from before the first client until after the last.
 *
 * A request for the counters takes a worker too, and waits for it; that is subtracted.
 */
export async function measureSyncWorkers(server: SyncServer, options: ClosedLoopOptions): Promise<Measured> {
  const { clients, exportsPerWorker, signal, clock } = options;
  const ask = (): Promise<InsideNumbers> => fetchInsideNumbers(new URL("/stats", server.origin), signal);
  await warmUpWorkers(server, options);
  const idle = await ask();
  const empty = await ask();
  const askingSeconds = empty.heldSeconds - idle.heldSeconds;
  const askingLoopSeconds = empty.loopSeconds - idle.loopSeconds;

  const loop = startClosedLoop(clients, () => readSlowly(server, options));
  await loop.until(1);
  const first = await ask();
  await loop.until(loop.answers.length + exportsPerWorker * Math.min(clients, server.workers));
  const askedAtMs = clock.nowMs();
  const last = await ask();
  const askedSeconds = (clock.nowMs() - askedAtMs) / 1000;
  await loop.finish();
  const after = await ask();

  const seconds = last.uptimeSeconds - first.uptimeSeconds;
  // With a free worker a request for the counters does not wait; without one, nearly all of its time is waiting.
  const ownWaitSeconds = clients < server.workers ? 0 : askedSeconds;
  const held = last.heldSeconds - first.heldSeconds - askingSeconds;
  const waited = last.queueWaitSeconds - first.queueWaitSeconds - ownWaitSeconds;
  const exports = loop.answers.length;
  return {
    utilisation_ratio: held / (server.workers * seconds),
    all_busy_ratio: (last.allBusySeconds - first.allBusySeconds) / seconds,
    waiting_clients: Math.max(0, waited) / seconds,
    held_s_per_export: (after.heldSeconds - empty.heldSeconds - 3 * askingSeconds) / exports,
    queue_wait_s: Math.max(0, after.queueWaitSeconds - empty.queueWaitSeconds - ownWaitSeconds) / exports,
    // Means, because they and the wait are subtracted from each other.
    first_byte_s: meanSeconds(loop.answers, ({ firstByteMs }) => firstByteMs ?? 0),
    total_s: meanSeconds(loop.answers, ({ totalMs }) => totalMs),
    loop_s_per_export: Math.max(0, after.loopSeconds - empty.loopSeconds - 3 * askingLoopSeconds) / exports,
  };
}

/** One export by each worker, at full speed, so that code is compiled and a file is prepared. */
async function warmUpWorkers(
  { exportUrl, workers }: SyncServer,
  { clock, signal }: ClosedLoopOptions,
): Promise<void> {
  const readings = Array.from({ length: workers }, () => readExport(exportUrl, { clock, signal }));
  for (const reading of await Promise.all(readings)) requireWhole(reading, exportUrl);
}

async function readSlowly({ exportUrl }: SyncServer, options: ClosedLoopOptions): Promise<ExportReading> {
  const reading = await readExport(exportUrl, options);
  requireWhole(reading, exportUrl);
  return reading;
}

function requireWhole({ state, head, problem }: ExportReading, { href }: URL): void {
  if (state === "complete") return;
  const message = `${href} answered ${head.statusCode} instead of 200: ${problem.slice(0, 500)}`;
  throw new StreamCsvError("SCSV_MEASUREMENT_INVALID", message);
}

function meanSeconds(readings: readonly ExportReading[], msOf: (reading: ExportReading) => number): number {
  return readings.reduce((total, reading) => total + msOf(reading), 0) / readings.length / 1000;
}
