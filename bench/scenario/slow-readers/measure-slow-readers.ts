import { setTimeout as sleep } from "node:timers/promises";
import { portOf } from "../../http/port-of.ts";
import { probeLatency, type LatencySummary } from "../../load/probe-latency.ts";
import { hasProcFiles } from "../../probe/proc-file.ts";
import { bytesInSocketBuffers } from "../../probe/bytes-in-socket-buffers.ts";
import type { Measured } from "../../result/metric.ts";
import { median } from "../../statistics/median.ts";
import type { Random } from "../../statistics/random.ts";
import { difference, idleMemory, watchProcesses } from "../../session/server/server-memory.ts";
import { serverWork } from "../../session/server/server-work.ts";
import type { ServedExport } from "../../session/session.ts";
import { warmUp } from "../../session/server/warm-up.ts";
import { settleBuffers } from "../settle-buffers.ts";
import { startSlowClients } from "../slow-clients.ts";

/** How many clients read, how slowly, and for how long they are watched. */
export interface SlowReaderOptions {
  readonly readers: number;
  readonly bytesPerSecond: number;
  readonly idleMs: number;
  readonly watchMs: number;
  /** The longest time until the buffers have to be full. */
  readonly settleMs: number;
  readonly random: Random;
}

const probesPerSecond = 50;
/** How long answers to short requests are waited for after the readers were watched. */
export const graceMs = 2000;

/**
 * Lets clients read one export each at a fixed rate, and measures what that costs the server and its short requests
 * once the socket buffers between them are full. Then the readers disconnect. A server with few workers may serve only some
 * of them at once: the others wait, and are counted.
 *
 * The exports must last longer than they are watched; one that ends earlier makes the measurement invalid.
 */
export async function measureSlowReaders(
  served: ServedExport,
  options: SlowReaderOptions,
): Promise<Measured> {
  const { session, server } = served;
  const { signal, clock } = session;
  const { readers, bytesPerSecond, idleMs, watchMs, settleMs, random } = options;
  const probe = async (durationMs: number): Promise<LatencySummary | null> => {
    if (server.pingUrl !== null) {
      const times = { durationMs, graceMs, clock, signal };
      const summary = { ratePerSecond: probesPerSecond, random, ...times, ...server.form };
      return probeLatency(server.pingUrl, summary);
    }
    await sleep(durationMs, undefined, { signal });
    return null;
  };
  const idleBytes = await idleMemory(server, signal);
  await serverWork(server, signal);
  await warmUp(served);
  const idle = await probe(idleMs);

  const endWatch = await watchProcesses(server);
  const slow = startSlowClients(served, { readers, bytesPerSecond });
  const bytesRead = (): readonly number[] => slow.clients.map(({ bytes }) => bytes);
  try {
    await Promise.race([slow.ended, settleBuffers(server, settleMs, signal)]);
    const { inside: before } = await serverWork(server, signal);
    const startMs = clock.nowMs();
    const bytesBefore = bytesRead();
    const watched = async () => {
      await sleep(watchMs, undefined, { signal });
      return { bytes: bytesRead(), seconds: (clock.nowMs() - startMs) / 1000 };
    };
    const [{ bytes, seconds }, busy] = await Promise.race([
      slow.ended,
      Promise.all([watched(), probe(watchMs)]),
    ]);
    const rates = bytes.flatMap((count, index) =>
      count === 0 ? [] : [(count - (bytesBefore[index] ?? 0)) / seconds],
    );
    const { inside: after } = await serverWork(server, signal);
    // By the server's own clock, because its answers may be slow.
    const perSecond = (key: "heldSeconds" | "busySlotSeconds" | "loopSeconds"): number | null =>
      before === null || after === null
        ? null
        : (after[key] - before[key]) / (after.uptimeSeconds - before.uptimeSeconds);
    const buffered = hasProcFiles ? await bytesInSocketBuffers(portOf(new URL(server.origin))) : null;
    const peakOverIdle = difference((await endWatch()).peakBytes, idleBytes);
    return {
      ping_p50_idle_s: secondsAt(idle, "p50Ms"),
      ping_p50_s: secondsAt(busy, "p50Ms"),
      ping_p99_idle_s: secondsAt(idle, "p99Ms"),
      ping_p99_s: secondsAt(busy, "p99Ms"),
      peak_rss_over_idle_bytes: peakOverIdle,
      bytes_per_concurrent_export: peakOverIdle === null ? null : peakOverIdle / readers,
      kernel_bytes_per_export: buffered === null ? null : buffered / readers,
      slots_held: perSecond("heldSeconds"),
      busy_slots: perSecond("busySlotSeconds"),
      loop_busy_ratio: perSecond("loopSeconds"),
      ping_failed_ratio: failedRatio(busy),
      readers_served: rates.length,
      read_rate_bytes_per_s: median(rates),
      read_rate_least_bytes_per_s: rates.length === 0 ? null : Math.min(...rates),
      read_rate_most_bytes_per_s: rates.length === 0 ? null : Math.max(...rates),
    };
  } finally {
    await slow.leave();
  }
}

/** null when a request failed: then there is no latency to report, only how many failed. */
function secondsAt(summary: LatencySummary | null, key: "p50Ms" | "p99Ms"): number | null {
  return summary === null || summary.failed > 0 ? null : summary[key] / 1000;
}

function failedRatio(summary: LatencySummary | null): number | null {
  if (summary === null || summary.answered + summary.failed === 0) return null;
  return summary.failed / (summary.answered + summary.failed);
}
