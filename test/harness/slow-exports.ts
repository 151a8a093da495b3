import assert from "node:assert/strict";
import { readExport, type ExportReading } from "../../bench/load/read-export.ts";
import { statsOf } from "./ask.ts";
import type { ServeProcess } from "./cli.ts";

/**
 * Clients hold a slot by reading slowly, and read fast once the rest fits into socket buffers. So the hold ends with
 * the last byte, apart from the kernel's time for the rest, whatever the size of its buffers.
 */
const bytesPerSecond = 8 * 1024 ** 2;
const heldSeconds = 0.6;
const hurryAfterBytes = bytesPerSecond * heldSeconds;
/** More than the kernel buffers for a slow reader. */
const bufferBytes = 12 * 1024 ** 2;
const bytesPerRow = 112;
const rows = Math.ceil((hurryAfterBytes + bufferBytes) / bytesPerRow);

/** A file, because sending it takes no work, so only the time of a hold counts. */
function exportOf({ url }: ServeProcess): URL {
  return new URL(`/exports/orders.csv?delivery=file&rows=${rows}`, url);
}

/** Builds the file for the slow readers, and makes the process's first requests, which are slow. */
export async function warmUp(server: ServeProcess): Promise<void> {
  await readExport(exportOf(server));
  await Promise.all([statsOf(server), statsOf(server)]);
}

/** Reads one export that holds its slot for 0.6 seconds. */
export async function readSlowly(server: ServeProcess): Promise<ExportReading> {
  const reading = await readExport(exportOf(server), { bytesPerSecond, hurryAfterBytes });
  assert.equal(reading.state, "complete");
  return reading;
}

/** The difference between two readings of a server's counters, in seconds. */
export interface Window {
  readonly seconds: number;
  readonly held: number;
  readonly busy: number;
  readonly waited: number;
  readonly allBusy: number;
}

export async function watch(server: ServeProcess, load: () => Promise<unknown>): Promise<Window> {
  const before = await statsOf(server);
  await load();
  const after = await statsOf(server);
  const added = (field: "heldSeconds" | "busySlotSeconds" | "queueWaitSeconds"): number =>
    after.total[field] - before.total[field];
  return {
    seconds: after.uptimeSeconds - before.uptimeSeconds,
    held: added("heldSeconds"),
    busy: added("busySlotSeconds"),
    waited: added("queueWaitSeconds"),
    allBusy: (after.allBusySeconds ?? 0) - (before.allBusySeconds ?? 0),
  };
}

export function assertNear(observed: number, expected: number, tolerance: number, what: string): void {
  const isNear = Math.abs(observed - expected) <= tolerance;
  assert.ok(isNear, `${what}: observed ${observed}, expected ${expected} ± ${tolerance}`);
}
