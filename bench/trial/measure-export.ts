import { cpuSeconds } from "../probe/cpu-time.ts";
import { canSampleProcesses, processTree } from "../probe/process-tree.ts";
import { fetchInsideNumbers } from "../probe/server-stats.ts";
import type { Measured } from "../result/metric.ts";
import type { RunningTarget } from "../target/target.ts";
import { difference, idleMemory, watchPeak } from "./server-memory.ts";
import { readWhole, type ExportRequest, type Session } from "./session.ts";
import { warmUp } from "./warm-up.ts";

/** One timed export, and how much of its own time the reader needed. */
export interface ExportMeasurement {
  readonly measured: Measured;
  readonly bodyBytes: number;
  /** Share of the time in which this process was busy; near 1 the reader was the limit and not the server. */
  readonly readerBusyRatio: number;
}

const bytesPerMib = 1024 ** 2;

/**
 * Notes what a fresh server holds, warms it up, then takes one export at full speed with all probes around it. The body is counted, not
 * hashed: hashing would make the reader the slower side.
 * @param rows rows the body is known to hold
 */
export async function measureExport(
  session: Session,
  server: RunningTarget,
  request: ExportRequest,
  rows: number,
): Promise<ExportMeasurement> {
  const { signal } = session;
  const idle = await idleMemory(server, signal);
  // The first answer is slow, since nothing is compiled yet.
  await fetchInsideNumbers(server.origin, signal);
  await warmUp(session, server, request);
  const peak = await watchPeak(server);
  // Answering /stats keeps the loop busy too: what lies between two answers and nothing else is subtracted.
  const insideFirst = await fetchInsideNumbers(server.origin, signal);
  const insideBefore = await fetchInsideNumbers(server.origin, signal);
  const askingSeconds = insideBefore.loopSeconds - insideFirst.loopSeconds;
  const cpuBefore = await treeCpuSeconds(server);
  const loopBefore = performance.eventLoopUtilization();

  const reading = await readWhole(session, server, request);

  const { utilization: readerBusyRatio } = performance.eventLoopUtilization(loopBefore);
  const cpu = difference(await treeCpuSeconds(server), cpuBefore);
  const peakOverIdle = difference(await peak(), idle);
  const inside = await fetchInsideNumbers(server.origin, signal);

  const totalSeconds = reading.totalMs / 1000;
  const measured: Measured = {
    first_byte_s: seconds(reading.firstByteMs),
    total_s: totalSeconds,
    chunk_gap_p99_s: seconds(reading.gaps.p99Ms),
    longest_stall_s: seconds(reading.gaps.longestMs),
    throughput_bytes_per_s: reading.bodyBytes / totalSeconds,
    rows_per_s: rows / totalSeconds,
    held_s_per_export: inside.heldSeconds - insideBefore.heldSeconds,
    loop_s_per_export: Math.max(0, inside.loopSeconds - insideBefore.loopSeconds - askingSeconds),
    cpu_s_per_export: cpu,
    cpu_s_per_mib: cpu === null || reading.bodyBytes === 0 ? null : cpu / (reading.bodyBytes / bytesPerMib),
    queue_wait_s: inside.queueWaitSeconds - insideBefore.queueWaitSeconds,
    peak_rss_over_idle_bytes: peakOverIdle,
    rows,
    body_bytes: reading.bodyBytes,
  };
  return { measured, bodyBytes: reading.bodyBytes, readerBusyRatio };
}

async function treeCpuSeconds({ pid }: RunningTarget): Promise<number | null> {
  return canSampleProcesses ? cpuSeconds(await processTree(pid)) : null;
}

function seconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : milliseconds / 1000;
}
