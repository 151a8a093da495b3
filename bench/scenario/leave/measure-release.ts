import { StreamCsvError } from "../../../src/ground.ts";
import { fetchInsideNumbers, type InsideNumbers } from "../../probe/server-stats.ts";
import type { Measured } from "../../result/metric.ts";
import { warmUp } from "../../session/server/warm-up.ts";
import { readFrom, type ServedExport } from "../../session/session.ts";

/** Slow enough that the server still waits for the client when it leaves. */
const bytesPerSecond = 4 * 1024 ** 2;
const lateBytes = 1024 ** 2;
const longestReleaseMs = 30_000;

/**
 * How long a server keeps the slot of a client that closes its connection in the middle of an export.
 * @returns nulls for a server that reports no inside numbers
 */
export async function measureRelease(served: ServedExport): Promise<Measured> {
  const { statsUrl, form } = served.server;
  if (statsUrl === null) return { release_early_s: null, release_s: null };
  const ask = (): Promise<InsideNumbers> => fetchInsideNumbers(statsUrl, served.session.signal, form);
  await warmUp(served);
  // The first answer is slow, because no code is compiled yet.
  await ask();
  const early = await secondsToRelease(served, 1, ask);
  const late = await secondsToRelease(served, lateBytes, ask);
  return { release_early_s: early, release_s: late };
}

/** Asks /stats until the slot is free. So it can't see a time shorter than one answer takes, about a millisecond. */
async function secondsToRelease(
  served: ServedExport,
  leaveAfterBytes: number,
  ask: () => Promise<InsideNumbers>,
): Promise<number> {
  const { clock } = served.session;
  const reading = await readFrom(served, { bytesPerSecond, leaveAfterBytes });
  const leftMs = clock.nowMs();
  if (reading.state !== "left") {
    throw new StreamCsvError(
      "SCSV_MEASUREMENT_INVALID",
      `A client should have left after ${leaveAfterBytes} bytes, but its export was ${reading.state} after ${reading.bodyBytes}.`,
    );
  }
  while ((await ask()).busySlots > 0) {
    if (clock.nowMs() - leftMs < longestReleaseMs) continue;
    throw new StreamCsvError(
      "SCSV_MEASUREMENT_INVALID",
      `The slot of a client that left was still held after ${longestReleaseMs / 1000} s.`,
    );
  }
  return (clock.nowMs() - leftMs) / 1000;
}
