import { StreamCsvError } from "../../src/index.ts";
import { readExport, type ExportReading } from "../load/read-export.ts";
import { countShortRequests } from "../load/short-requests.ts";
import { cpuSeconds } from "../probe/cpu-time.ts";
import { canSampleProcesses, processTree } from "../probe/process-tree.ts";
import type { RunningTarget } from "../target/target.ts";
import { difference, idleMemory, watchPeak } from "../trial/server-memory.ts";
import { exportUrl, type Peer, type Workshop } from "./peer.ts";
import { startPeer } from "./start-peer.ts";

/** What one round tells of a peer; null where this system can't sample it. */
export interface PeerNumbers {
  readonly bytesPerSecond: number;
  readonly rowsPerSecond: number;
  readonly firstByteSeconds: number;
  readonly cpuSecondsPerMillionRows: number | null;
  /** Memory of the process tree before it has served any rows. */
  readonly idleBytes: number | null;
  readonly peakOverIdleBytes: number | null;
  readonly pingsPerSecond: number;
  /** Share of the export in which the reader was busy; near 1 the reader was the limit. */
  readonly readerBusyRatio: number;
}

const warmUpRows = 20_000;
const pingConnections = 8;
const pingWarmUpMs = 200;
const pingMs = 500;

/**
 * Measures a peer once, in a fresh process: its memory while it waits, a warm-up, one timed export with all probes
 * around it, and short requests when nothing else runs. The process is gone when this settles.
 */
export async function measurePeer(
  peer: Peer,
  workshop: Workshop,
  rows: number,
  signal: AbortSignal,
): Promise<PeerNumbers> {
  const server = await startPeer(peer, workshop, signal);
  try {
    const idleBytes = await idleMemory(server, signal);
    await readRows(peer, server, Math.min(rows, warmUpRows), signal);
    const peak = await watchPeak(server);
    const cpuBefore = await treeCpuSeconds(server);
    const loopBefore = performance.eventLoopUtilization();
    const reading = await readRows(peer, server, rows, signal);
    const { utilization: readerBusyRatio } = performance.eventLoopUtilization(loopBefore);
    const cpu = difference(await treeCpuSeconds(server), cpuBefore);
    const peakOverIdleBytes = difference(await peak(), idleBytes);
    const seconds = reading.totalMs / 1000;
    return {
      bytesPerSecond: reading.bodyBytes / seconds,
      rowsPerSecond: rows / seconds,
      firstByteSeconds: (reading.firstByteMs ?? reading.totalMs) / 1000,
      cpuSecondsPerMillionRows: cpu === null ? null : (cpu / rows) * 1e6,
      idleBytes,
      peakOverIdleBytes,
      pingsPerSecond: await countPings(server, signal),
      readerBusyRatio,
    };
  } finally {
    await server.stop();
  }
}

/**
 * Takes so many rows at full speed, counting bytes only.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when the export is refused or doesn't end cleanly
 */
export async function readRows(
  peer: Peer,
  server: RunningTarget,
  rows: number,
  signal: AbortSignal,
): Promise<ExportReading> {
  const url = exportUrl(peer, server.origin, rows);
  const reading = await readExport(url, { signal });
  if (reading.state === "complete") return reading;
  const message = `${url.href} answered ${reading.head.statusCode}: ${reading.problem} ${server.lastWords()}`;
  throw new StreamCsvError("SCSV_MEASUREMENT_INVALID", message);
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

async function treeCpuSeconds({ pid }: RunningTarget): Promise<number | null> {
  return canSampleProcesses ? cpuSeconds(await processTree(pid)) : null;
}
