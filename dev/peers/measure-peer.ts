import { systemClock } from "../../src/ground.ts";
import type { ExportReading } from "../../bench/load/read-export.ts";
import { countShortRequests } from "../../bench/load/count-short-requests.ts";
import type { RunningTarget, Target } from "../../bench/subject/target.ts";
import { measureFresh } from "../../bench/session/measure/measure-export.ts";
import { readWhole, withServer, type ServedExport } from "../../bench/session/session.ts";
import type { Peer, Workshop } from "./peer.ts";
import { peerTarget } from "./peer-target.ts";

/** The measurements of a peer in one round; null if this system can't sample a value. */
export interface PeerNumbers {
  readonly bytesPerSecond: number;
  readonly rowsPerSecond: number;
  readonly firstByteSeconds: number;
  readonly cpuSecondsPerMillionRows: number | null;
  /** Memory of the process tree before it has served any rows. */
  readonly idleBytes: number | null;
  readonly peakOverIdleBytes: number | null;
  readonly pingsPerSecond: number;
  /** Share of the export's time in which the reader was busy; near 1 the reader was the limit. */
  readonly readerBusyRatio: number;
}

const pingConnections = 8;
const pingWarmUpMs = 200;
const pingMs = 500;

/**
 * Measures a peer once in a new process, like every target: its idle memory, a warm-up, one timed export with all
 * probes, and short requests without other load. The process is gone when this settles.
 */
export async function measurePeer(
  peer: Peer,
  workshop: Workshop,
  rows: number,
  signal: AbortSignal,
): Promise<PeerNumbers> {
  const target = await peerTarget(peer, workshop);
  return withServer({ target, signal, rows }, async (server) => {
    const { measured, reading, client } = await measureFresh(
      servedExportOf(target, server, rows, signal),
      rows,
    );
    const seconds = reading.totalMs / 1000;
    const cpu = measured.cpu_s_per_export ?? null;
    return {
      bytesPerSecond: reading.bodyBytes / seconds,
      rowsPerSecond: rows / seconds,
      firstByteSeconds: (reading.firstByteMs ?? reading.totalMs) / 1000,
      cpuSecondsPerMillionRows: cpu === null ? null : (cpu / rows) * 1e6,
      idleBytes: measured.idle_rss_bytes ?? null,
      peakOverIdleBytes: measured.peak_rss_over_idle_bytes ?? null,
      pingsPerSecond: await countPings(server, signal),
      readerBusyRatio: client.busyRatio,
    };
  });
}

/**
 * Reads this many rows at full speed.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when the export is refused or doesn't end cleanly
 */
export function readPeerRows(
  target: Target,
  server: RunningTarget,
  rows: number,
  signal: AbortSignal,
): Promise<ExportReading> {
  return readWhole(servedExportOf(target, server, rows, signal));
}

function servedExportOf(
  target: Target,
  server: RunningTarget,
  rows: number,
  signal: AbortSignal,
): ServedExport {
  const session = { exportName: target.name, clock: systemClock, signal };
  return { session, server, request: { delivery: null, rows } };
}

async function countPings(server: RunningTarget, signal: AbortSignal): Promise<number> {
  const url = new URL("/ping", server.origin);
  await countShortRequests(url, { durationMs: pingWarmUpMs, connections: pingConnections, signal });
  const { perSecond } = await countShortRequests(url, {
    durationMs: pingMs,
    connections: pingConnections,
    signal,
  });
  return perSecond;
}
