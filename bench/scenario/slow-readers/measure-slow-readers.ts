import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { StreamCsvError } from "../../../src/ground.ts";
import { probeLatency, type LatencySummary } from "../../load/probe-latency.ts";
import { cpuSeconds } from "../../probe/cpu-seconds.ts";
import { canSampleProcesses, processTree } from "../../probe/process-tree.ts";
import { bytesInSocketBuffers } from "../../probe/bytes-in-socket-buffers.ts";
import type { Measured } from "../../result/metric.ts";
import { median } from "../../statistics/median.ts";
import type { Random } from "../../statistics/random.ts";
import type { RunningTarget } from "../../subject/target.ts";
import { difference, idleMemory, watchPeak } from "../../session/server/server-memory.ts";
import { serverWork } from "../../session/server/server-work.ts";
import { readFrom, type ServedExport } from "../../session/session.ts";
import { warmUp } from "../../session/server/warm-up.ts";

/** How many clients read, how slowly, and for how long they are watched. */
export interface SlowReaderOptions {
  readonly readers: number;
  readonly bytesPerSecond: number;
  readonly idleMs: number;
  readonly watchMs: number;
  readonly random: Random;
}

const probesPerSecond = 50;
/** The server's work has settled when it changes by less than this share of a core from one step to the next. */
const settledCpuRatio = 0.1;
const settleStepMs = 250;
/** The server makes and sends some megabytes for each reader before all buffers are full. */
const longestSettleMs = (readers: number): number => 8000 + 150 * readers;

/**
 * Lets clients read one export each at a fixed rate, and measures what that costs the server and its short requests
 * once the socket buffers between them are full. Then the readers disconnect.
 *
 * The exports must last longer than they are watched; one that ends earlier makes the measurement invalid.
 */
export async function measureSlowReaders(
  served: ServedExport,
  options: SlowReaderOptions,
): Promise<Measured> {
  const { session, server } = served;
  const { signal, clock } = session;
  const { readers, bytesPerSecond, idleMs, watchMs, random } = options;
  const probe = async (durationMs: number): Promise<LatencySummary | null> => {
    if (server.pingUrl !== null) {
      const summary = { ratePerSecond: probesPerSecond, durationMs, random, clock, signal, ...server.form };
      return probeLatency(server.pingUrl, summary);
    }
    await sleep(durationMs, undefined, { signal });
    return null;
  };
  const idleBytes = await idleMemory(server, signal);
  await serverWork(server, signal);
  await warmUp(served);
  const idle = await probe(idleMs);

  const peakBytes = await watchPeak(server);
  const clients = startReaders(served, readers, bytesPerSecond);
  try {
    await Promise.race([clients.ended, settleWork(server, longestSettleMs(readers), signal)]);
    const { inside: before } = await serverWork(server, signal);
    const startMs = clock.nowMs();
    const bytesBefore = [...clients.bodyBytes];
    const busy = await Promise.race([clients.ended, probe(watchMs)]);
    const seconds = (clock.nowMs() - startMs) / 1000;
    const rates = clients.bodyBytes.map((bytes, index) => (bytes - (bytesBefore[index] ?? 0)) / seconds);
    const { inside: after } = await serverWork(server, signal);
    // By the server's own clock, because its answers may be slow.
    const perSecond = (key: "heldSeconds" | "busySlotSeconds" | "loopSeconds"): number | null =>
      before === null || after === null
        ? null
        : (after[key] - before[key]) / (after.uptimeSeconds - before.uptimeSeconds);
    const buffered = canSampleProcesses
      ? await bytesInSocketBuffers(Number(new URL(server.origin).port))
      : null;
    const peakOverIdle = difference(await peakBytes(), idleBytes);
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
      read_rate_bytes_per_s: median(rates),
      read_rate_least_bytes_per_s: Math.min(...rates),
      read_rate_most_bytes_per_s: Math.max(...rates),
    };
  } finally {
    await clients.leave();
  }
}

/** null when a request failed: then there is no latency to report. */
function secondsAt(summary: LatencySummary | null, key: "p50Ms" | "p99Ms"): number | null {
  return summary === null || summary.failed > 0 ? null : summary[key] / 1000;
}

/** Clients that read until they are stopped. */
interface SlowReaders {
  /** Bytes each has read so far. */
  readonly bodyBytes: readonly number[];
  /** Rejects when one of them fails, or reaches the end of its export. */
  readonly ended: Promise<never>;
  /** Closes all connections. */
  leave(): Promise<void>;
}

function startReaders(served: ServedExport, readers: number, bytesPerSecond: number): SlowReaders {
  const leaving = new AbortController();
  const signal = AbortSignal.any([served.session.signal, leaving.signal]);
  // Every reader listens to it, which is not a leak.
  setMaxListeners(readers + 1, signal);
  const bodyBytes = Array.from({ length: readers }, () => 0);
  const reading = bodyBytes.map((_, index) =>
    readFrom(served, {
      signal,
      bytesPerSecond,
      onRead: (bytes) => (bodyBytes[index] = bytes),
    }).then(({ head }): never => {
      const what =
        head.statusCode === 200
          ? "ended while it was still being watched"
          : `was answered with ${head.statusCode}`;
      throw new StreamCsvError("SCSV_MEASUREMENT_INVALID", `An export to a slow reader ${what}.`);
    }),
  );
  const ended = Promise.race(reading);
  // Between two steps nothing awaits it, and stopping the readers rejects it too.
  ended.catch(() => undefined);
  return {
    bodyBytes,
    ended,
    async leave() {
      leaving.abort();
      await Promise.allSettled(reading);
    },
  };
}

/** Waits until the server's work no longer falls: then the buffers are full, and the server sends only what is read. */
async function settleWork({ pid }: RunningTarget, limitMs: number, signal: AbortSignal): Promise<void> {
  const cpu = async (): Promise<number> =>
    canSampleProcesses && pid !== null ? cpuSeconds(await processTree(pid)) : 0;
  let lastSeconds = await cpu();
  let lastRatio = Number.POSITIVE_INFINITY;
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += settleStepMs) {
    await sleep(settleStepMs, undefined, { signal });
    const nowSeconds = await cpu();
    const ratio = (nowSeconds - lastSeconds) / (settleStepMs / 1000);
    if (waitedMs > 0 && Math.abs(ratio - lastRatio) < settledCpuRatio && ratio < 0.5) return;
    lastSeconds = nowSeconds;
    lastRatio = ratio;
  }
}
