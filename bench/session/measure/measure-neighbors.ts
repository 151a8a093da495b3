import { eitherSignal } from "../../../src/ground.ts";
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
  /** How long nothing may come of an export before the short requests are stopped, because they keep it from being served. */
  readonly starvedMs: number;
}

/** What was counted, or why there is nothing. */
export type NeighborCount =
  | { readonly state: "counted"; readonly measured: Measured }
  /** The server has no short requests. */
  | { readonly state: "none" }
  /** autocannon counted no answer: their end is the end of their connection, or they take longer than the time. */
  | { readonly state: "uncounted"; readonly idleMs: number }
  /** Short requests kept an export from being served, which came when they had stopped. */
  | { readonly state: "starved"; readonly connections: number; readonly starvedMs: number };

const leastStarvedMs = 10_000;
const mostStarvedMs = 60_000;

/**
 * How long short requests are counted in a quick run, and in any other.
 * @param exportSeconds what an export takes alone: beside the short requests of a server that is fair it takes a multiple
 */
export function neighborTimes(
  { isQuick }: { readonly isQuick: boolean },
  { exportSeconds }: { readonly exportSeconds: number },
): NeighborTimes {
  const starvedMs = Math.min(mostStarvedMs, Math.max(leastStarvedMs, exportSeconds * 10_000));
  return isQuick
    ? { warmUpMs: 300, idleMs: 300, busyMs: 600, starvedMs }
    : { warmUpMs: 500, idleMs: 1000, busyMs: 2000, starvedMs };
}

/** Connections that ask for short answers, each as fast as it gets them. */
const connections = 8;
/** A bound for exports that never seem to end; what is counted until then stands. */
const longestBusyMs = 120_000;

/** How long nothing may come of an export once nothing is beside it. */
const aloneMs = 60_000;

/**
 * What other requests lose while exports run: counts the short requests a fresh server answers alone, and those it
 * answers while one reader takes exports back to back.
 *
 * A worker that keeps a connection as long as requests come on it serves nobody else meanwhile. Where all workers are taken like
 * that, no export would ever be served, so the short requests are stopped.
 * @param requireBody throws for an export with another body than the one that was checked: it costs something else
 */
export async function measureNeighbors(
  served: ServedExport,
  { warmUpMs, idleMs, busyMs, starvedMs }: NeighborTimes,
  requireBody: (reading: ExportReading) => void,
): Promise<NeighborCount> {
  const { session, server } = served;
  const { signal } = session;
  const ping = server.pingUrl;
  if (ping === null) return { state: "none" };
  await warmUp(served);
  const short = { connections, signal, ...server.form };
  await countShortRequests(ping, { ...short, durationMs: warmUpMs });
  const countIdle = (): Promise<ShortRequestCount> =>
    countShortRequests(ping, { ...short, durationMs: idleMs });
  const idleBefore = await countIdle();
  if (idleBefore.answered === 0) return { state: "uncounted", idleMs };

  const startMs = session.clock.nowMs();
  const exportsDone = new AbortController();
  const starved = new AbortController();
  const counting = countShortRequests(ping, {
    ...short,
    durationMs: longestBusyMs,
    enough: eitherSignal(exportsDone.signal, starved.signal),
  });
  const isEnough = (): boolean => session.clock.nowMs() - startMs >= busyMs;
  const how = { isEnough, requireBody, starvedMs, starved };
  const made = await readBackToBack(served, how).finally(() => exportsDone.abort());
  const busy = await counting;
  if (starved.signal.aborted) return { state: "starved", connections, starvedMs };
  const elapsedSeconds = (session.clock.nowMs() - startMs) / 1000;
  // Before and after, because both sides still get faster while they warm up.
  const idlePerSecond = (idleBefore.perSecond + (await countIdle()).perSecond) / 2;

  const measured: Measured = {
    ping_per_s_idle: idlePerSecond,
    ping_per_s_busy: busy.perSecond,
    ping_kept_ratio: idlePerSecond > 0 ? busy.perSecond / idlePerSecond : null,
    ping_lost_per_export: ((idlePerSecond - busy.perSecond) * elapsedSeconds) / made,
  };
  return { state: "counted", measured };
}

/** How exports are taken beside short requests. */
interface BackToBack extends Pick<NeighborTimes, "starvedMs"> {
  readonly isEnough: () => boolean;
  readonly requireBody: (reading: ExportReading) => void;
  /** Aborted when nothing came of an export in time, so that the short requests stop and it can come. */
  readonly starved: AbortController;
}

/** Takes whole exports one after the other, at least one, until it is enough or one was starved; returns how many. */
async function readBackToBack(
  served: ServedExport,
  { isEnough, requireBody, starvedMs, starved }: BackToBack,
): Promise<number> {
  let made = 0;
  do {
    const late = setTimeout(() => starved.abort(), starvedMs);
    const onRead = (): void => clearTimeout(late);
    const options = { checksum: true, onRead, idleTimeoutMs: starvedMs + aloneMs };
    requireBody(await readWhole(served, options).finally(onRead));
    made += 1;
  } while (!starved.signal.aborted && !isEnough());
  return made;
}
