import { setTimeout as sleep } from "node:timers/promises";
import { eitherSignal } from "../../../src/ground.ts";
import { residentBytes } from "../../probe/process-tree.ts";
import { fetchInsideNumbers, type InsideNumbers } from "../../probe/server-stats.ts";
import type { Series } from "../../result/result.ts";
import { armTitle, type PlannedArm } from "../../session/arm.ts";
import { requireSameBody } from "../../session/measure/require-same-body.ts";
import { readWhole, type ServedExport } from "../../session/session.ts";
import { thinCurve, type CurvePoint } from "./thin-curve.ts";
import { processesOf } from "../../session/server/server-processes.ts";
import { warmUp } from "../../session/server/warm-up.ts";

/** A curve, without the scenario, round and arm it belongs to. */
export type Curve = Pick<Series, "metric" | "points">;

const sampleEveryMs = 10;
/** How long the server is watched before and after the export, so that the curves show its steady state. */
const marginMs = 100;

/**
 * Takes one export and samples the server meanwhile: resident memory of its process tree, and busy slots. Sampling
 * disturbs the server, so nothing of it is compared; the curves show the shape.
 */
export async function measureCurves(
  { session, server }: Omit<ServedExport, "request">,
  arm: PlannedArm,
): Promise<readonly Curve[]> {
  const served = { session, server, request: arm };
  const { signal } = session;
  await warmUp(served);
  const done = new AbortController();
  const stop = eitherSignal(signal, done.signal);
  const startMs = session.clock.nowMs();
  const secondsNow = (): number => (session.clock.nowMs() - startMs) / 1000;
  const sampling = Promise.all([
    sampleMemory(served, secondsNow, stop),
    sampleSlots(served, secondsNow, stop),
  ]);
  // When sampling fails, the await below throws the error.
  sampling.catch(() => undefined);
  try {
    await sleep(marginMs, undefined, { signal });
    const reading = await readWhole(served, { checksum: true });
    requireSameBody(armTitle(arm), reading, arm.body);
    await sleep(marginMs, undefined, { signal });
    done.abort();
    const [memory, slots] = await sampling;
    const curves: Curve[] = [
      { metric: "resident_bytes", points: thinCurve(memory, "highest") },
      { metric: "busy_slots", points: thinCurve(slots, "mean") },
      { metric: "chunk_gap_s", points: reading.gapQuantiles.map(([x, y]) => [x, y]) },
    ];
    return curves.filter(({ points }) => points.length > 0);
  } finally {
    done.abort();
    // Only waited for: its error was thrown above, or something else failed before.
    await sampling.catch(() => undefined);
  }
}

async function sampleMemory(
  { server }: ServedExport,
  secondsNow: () => number,
  stop: AbortSignal,
): Promise<readonly CurvePoint[]> {
  const points: CurvePoint[] = [];
  while (!stop.aborted) {
    const x = secondsNow();
    const tree = await processesOf(server);
    if (tree === null) return points;
    points.push([x, await residentBytes(tree)]);
    await pause(stop);
  }
  return points;
}

/**
 * The mean of busy slots between two answers of /stats, from the server's own integral. That covers also the time in
 * which the server is too busy to answer.
 */
async function sampleSlots(
  { server }: ServedExport,
  secondsNow: () => number,
  stop: AbortSignal,
): Promise<readonly CurvePoint[]> {
  const points: CurvePoint[] = [];
  const { statsUrl } = server;
  if (statsUrl === null) return points;
  let before: InsideNumbers | null = null;
  // An answer that is on its way at the end is waited for. The fetch has a limit of its own.
  const never = new AbortController().signal;
  while (!stop.aborted) {
    const now = await fetchInsideNumbers(statsUrl, never, server.form);
    if (before !== null && now.uptimeSeconds > before.uptimeSeconds) {
      const mean =
        (now.busySlotSeconds - before.busySlotSeconds) / (now.uptimeSeconds - before.uptimeSeconds);
      // Both numbers are taken a moment apart; one export has one slot.
      points.push([secondsNow(), Math.min(1, Math.max(0, mean))]);
    }
    before = now;
    await pause(stop);
  }
  return points;
}

async function pause(stop: AbortSignal): Promise<void> {
  // Only the abort rejects it, and the sampling loops check that next.
  await sleep(sampleEveryMs, undefined, { signal: stop }).catch(() => undefined);
}
