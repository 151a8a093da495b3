import { countShortRequests } from "../load/short-requests.ts";
import type { Measured } from "../result/metric.ts";
import type { RunningTarget } from "../target/target.ts";
import { readWhole, type ExportRequest, type Session } from "./session.ts";
import { warmUp } from "./warm-up.ts";

/** How long short requests are counted. */
export interface NeighbourOptions {
  readonly idleMs: number;
  /** At the end of the first export that ends after it, counting stops. */
  readonly busyMs: number;
}

/** Connections that ask for short answers, each as fast as it gets them. */
const connections = 8;
/** The first requests of a fresh server only warm it up. */
const warmUpMs = 250;
/** A bound for exports that never seem to end; what is counted until then stands. */
const longestBusyMs = 120_000;

/**
 * What other requests lose while exports run: counts the short requests a fresh server answers, first alone and then
 * while one reader takes exports back to back.
 */
export async function measureNeighbours(
  session: Session,
  server: RunningTarget,
  request: ExportRequest,
  { idleMs, busyMs }: NeighbourOptions,
): Promise<Measured> {
  const { signal } = session;
  const ping = new URL("/ping", server.origin);
  await warmUp(session, server, request);
  await countShortRequests(ping, { durationMs: warmUpMs, connections, signal });
  const idle = await countShortRequests(ping, { durationMs: idleMs, connections, signal });

  const startMs = session.clock.nowMs();
  const isEnough = (): boolean => session.clock.nowMs() - startMs >= busyMs;
  const exportsDone = new AbortController();
  const counting = countShortRequests(ping, {
    durationMs: longestBusyMs,
    connections,
    signal,
    enough: exportsDone.signal,
  });
  const exportsMade = await readBackToBack(session, server, request, isEnough).finally(() =>
    exportsDone.abort(),
  );
  const busy = await counting;
  const elapsedSeconds = (session.clock.nowMs() - startMs) / 1000;

  return {
    ping_per_s_idle: idle.perSecond,
    ping_per_s_busy: busy.perSecond,
    ping_kept_ratio: idle.perSecond > 0 ? busy.perSecond / idle.perSecond : null,
    ping_lost_per_export: ((idle.perSecond - busy.perSecond) * elapsedSeconds) / exportsMade,
  };
}

/** Takes whole exports one after the other until it is enough, at least one, and tells how many. */
async function readBackToBack(
  session: Session,
  server: RunningTarget,
  request: ExportRequest,
  isEnough: () => boolean,
): Promise<number> {
  let made = 0;
  do {
    await readWhole(session, server, request);
    made += 1;
  } while (!isEnough());
  return made;
}
