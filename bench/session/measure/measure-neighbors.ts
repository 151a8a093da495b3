import type { ExportReading } from "../../load/read-export.ts";
import { countShortRequests, type ShortRequestCount } from "../../load/count-short-requests.ts";
import type { Measured } from "../../result/metric.ts";
import { warmUp } from "../server/warm-up.ts";
import { readWhole, type ServedExport } from "../session.ts";

/** How long short requests are counted. */
export interface NeighborTimes {
  /** The first requests of a fresh server are not counted. */
  readonly warmUpMs: number;
  /** Before exports run, and again after. */
  readonly idleMs: number;
  /** Counting stops at the end of the first export that ends after this. */
  readonly busyMs: number;
}

/** How long short requests are counted in a quick run, and in any other. */
export function neighborTimes({ isQuick }: { readonly isQuick: boolean }): NeighborTimes {
  return isQuick
    ? { warmUpMs: 300, idleMs: 300, busyMs: 600 }
    : { warmUpMs: 500, idleMs: 1000, busyMs: 2000 };
}

/** Connections that ask for short answers, each as fast as it gets them. */
const connections = 8;
/** A bound for exports that never seem to end; what is counted until then stands. */
const longestBusyMs = 120_000;

const notCounted: Measured = {
  ping_per_s_idle: null,
  ping_per_s_busy: null,
  ping_kept_ratio: null,
  ping_lost_per_export: null,
};

/**
 * What other requests lose while exports run: counts the short requests a fresh server answers alone, and those it
 * answers while one reader takes exports back to back.
 * @param requireBody throws for an export with another body than the one that was checked: it costs something else
 * @returns nulls for a server that has no short requests, or whose answers autocannon doesn't count: those whose end is the
 *   end of their connection
 */
export async function measureNeighbors(
  served: ServedExport,
  { warmUpMs, idleMs, busyMs }: NeighborTimes,
  requireBody: (reading: ExportReading) => void,
): Promise<Measured> {
  const { session, server } = served;
  const { signal } = session;
  const ping = server.pingUrl;
  if (ping === null) return notCounted;
  await warmUp(served);
  const short = { connections, signal, ...server.form };
  await countShortRequests(ping, { ...short, durationMs: warmUpMs });
  const countIdle = (): Promise<ShortRequestCount> =>
    countShortRequests(ping, { ...short, durationMs: idleMs });
  const idleBefore = await countIdle();
  if (idleBefore.answered === 0) return notCounted;

  const startMs = session.clock.nowMs();
  const isEnough = (): boolean => session.clock.nowMs() - startMs >= busyMs;
  const exportsDone = new AbortController();
  const counting = countShortRequests(ping, {
    ...short,
    durationMs: longestBusyMs,
    enough: exportsDone.signal,
  });
  const exportsMade = await readBackToBack(served, isEnough, requireBody).finally(() => exportsDone.abort());
  const busy = await counting;
  const elapsedSeconds = (session.clock.nowMs() - startMs) / 1000;
  // Before and after, because both sides still get faster while they warm up.
  const idlePerSecond = (idleBefore.perSecond + (await countIdle()).perSecond) / 2;

  return {
    ping_per_s_idle: idlePerSecond,
    ping_per_s_busy: busy.perSecond,
    ping_kept_ratio: idlePerSecond > 0 ? busy.perSecond / idlePerSecond : null,
    ping_lost_per_export: ((idlePerSecond - busy.perSecond) * elapsedSeconds) / exportsMade,
  };
}

/** Takes whole exports one after the other, at least one, until it is enough; returns how many. */
async function readBackToBack(
  served: ServedExport,
  isEnough: () => boolean,
  requireBody: (reading: ExportReading) => void,
): Promise<number> {
  let made = 0;
  do {
    requireBody(await readWhole(served, { checksum: true }));
    made += 1;
  } while (!isEnough());
  return made;
}
