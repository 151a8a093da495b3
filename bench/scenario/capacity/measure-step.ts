import { setTimeout as sleep } from "node:timers/promises";
import { probeLatency, type LatencySummary } from "../../load/probe-latency.ts";
import type { ServedExport } from "../../session/session.ts";
import type { Random } from "../../statistics/random.ts";
import { median } from "../../statistics/median.ts";
import { settleBuffers } from "../settle-buffers.ts";
import { startSlowClients } from "../slow-clients.ts";
import type { Step } from "./capacity-limits.ts";

/** How the readers of a step read, and for how long. */
export interface StepOptions {
  readonly readers: number;
  readonly bytesPerSecond: number;
  /** The longest time until the buffers have to be full. */
  readonly settleMs: number;
  readonly watchMs: number;
  readonly random: Random;
}

const probesPerSecond = 100;
/** How long answers to short requests are waited for after the readers were watched. */
export const stepGraceMs = 1000;

/** Lets as many readers read at once as the step has, and looks at them and at short requests. Then they disconnect. */
export async function measureStep(served: ServedExport, options: StepOptions): Promise<Step> {
  const { session, server } = served;
  const { clock, signal } = session;
  const { readers, bytesPerSecond, settleMs, watchMs, random } = options;
  const slow = startSlowClients(served, { readers, bytesPerSecond });
  try {
    await settleBuffers(server, settleMs, signal);
    const before = slow.clients.map(({ bytes }) => bytes);
    const startMs = clock.nowMs();
    const probing = probePings(served, { durationMs: watchMs, random });
    // When waiting is interrupted, the await below is never reached.
    probing.catch(() => undefined);
    await sleep(watchMs, undefined, { signal });
    const seconds = (clock.nowMs() - startMs) / 1000;
    const seen = slow.clients.map(({ bytes, fault }, index) => ({
      isServed: bytes > 0 && fault === null,
      fault,
      rate: (bytes - (before[index] ?? 0)) / seconds,
    }));
    const rate = median(seen.flatMap((reader) => (reader.isServed ? [reader.rate] : [])));
    return {
      readers,
      unserved: seen.filter(({ isServed }) => !isServed).length,
      problem: seen.find(({ fault }) => fault !== null)?.fault?.message ?? null,
      rateShare: rate === null ? null : rate / bytesPerSecond,
      ping: await probing,
    };
  } finally {
    await slow.leave();
  }
}

/** How late short requests are answered; null for a server without them. */
export async function probePings(
  { session, server }: ServedExport,
  { durationMs, random }: { readonly durationMs: number; readonly random: Random },
): Promise<LatencySummary | null> {
  const { clock, signal } = session;
  if (server.pingUrl === null) return null;
  return probeLatency(server.pingUrl, {
    ratePerSecond: probesPerSecond,
    durationMs,
    graceMs: stepGraceMs,
    random,
    clock,
    signal,
    ...server.form,
  });
}
