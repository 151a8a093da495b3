import assert from "node:assert/strict";
import { readExport, type ExportReading } from "../../bench/load/read-export.ts";
import { statsOf } from "./ask.ts";
import type { ServeProcess } from "./cli.ts";

/**
 * Clients hold the server by reading slowly, and hurry once what is left lies in socket buffers: so the hold ends with
 * the last byte, give or take what the kernel needs for the rest, whatever the size of its buffers.
 */
const bytesPerSecond = 8 * 1024 ** 2;
const heldSeconds = 0.6;
const hurryAfterBytes = bytesPerSecond * heldSeconds;
/** More than the kernel takes of a connection whose reader is slow. */
const bufferBytes = 12 * 1024 ** 2;
const bytesPerRow = 112;
const rows = Math.ceil((hurryAfterBytes + bufferBytes) / bytesPerRow);

/** A file, so that holding it takes no work: what is left of a hold is its time. */
function exportOf({ url }: ServeProcess): URL {
  return new URL(`/exports/orders.csv?delivery=file&rows=${rows}`, url);
}

/** Has the file made that slow readers read, and answers given that are slow since they are a process's first. */
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

/** What a server did between two looks at its counters, in seconds. */
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
