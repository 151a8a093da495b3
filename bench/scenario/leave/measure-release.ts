import { StreamCsvError } from "../../../src/ground.ts";
import { fetchInsideNumbers } from "../../probe/server-stats.ts";
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
  if (served.server.statsUrl === null) return { release_early_s: null, release_s: null };
  await warmUp(served);
  // The first answer is slow, because no code is compiled yet.
  await fetchInsideNumbers(served.server.origin, served.session.signal);
  const early = await secondsToRelease(served, 1);
  const late = await secondsToRelease(served, lateBytes);
  return { release_early_s: early, release_s: late };
}

/** Asks /stats until the slot is free. So it can't see a time shorter than one answer takes, about a millisecond. */
async function secondsToRelease(served: ServedExport, leaveAfterBytes: number): Promise<number> {
  const { session, server } = served;
  const { clock, signal } = session;
  const reading = await readFrom(served, { bytesPerSecond, leaveAfterBytes });
  const leftMs = clock.nowMs();
  if (reading.state !== "left") {
    throw new StreamCsvError(
      "SCSV_MEASUREMENT_INVALID",
      `A client should have left after ${leaveAfterBytes} bytes, but its export was ${reading.state} after ${reading.bodyBytes}.`,
    );
  }
  while ((await fetchInsideNumbers(server.origin, signal)).busySlots > 0) {
    if (clock.nowMs() - leftMs < longestReleaseMs) continue;
    throw new StreamCsvError(
      "SCSV_MEASUREMENT_INVALID",
      `The slot of a client that left was still held after ${longestReleaseMs / 1000} s.`,
    );
  }
  return (clock.nowMs() - leftMs) / 1000;
}
