import type { ExportReading } from "../../load/read-export.ts";
import { sumOfWork, type ObservedWork } from "../../probe/observed-work.ts";
import { watchOwnLoad, type OwnLoad } from "../../probe/own-load.ts";
import type { Measured } from "../../result/metric.ts";
import { noticeEndingThreads } from "../server/ending-threads.ts";
import { difference, idleMemory, watchProcesses } from "../server/server-memory.ts";
import { serverWork, workAfter, workBetween, type ServerWork } from "../server/server-work.ts";
import type { MadeJob } from "../../subject/target.ts";
import { warmUp } from "../server/warm-up.ts";
import { cpuOfSeveral } from "./cpu-of-several.ts";
import { makeJobOf, readMade, readWhole, requireComplete, type ServedExport } from "../session.ts";

/** One timed export, and how busy the reader itself was. */
export interface ExportMeasurement {
  readonly measured: Measured;
  readonly reading: ExportReading;
  readonly client: OwnLoad;
  /** Whether the server's CPU time was too short to be counted, so that it is left out. */
  readonly isCpuTooShort: boolean;
}

/** Measures the memory of a fresh server, in bytes, and warms it up. */
export async function prepareServer(served: ServedExport): Promise<number | null> {
  const { session, server } = served;
  const idleBytes = await idleMemory(server, session.signal);
  // The first answer is slow, because no code is compiled yet.
  await serverWork(server, session.signal);
  await noticeEndingThreads(server, session.signal);
  await warmUp(served, served.request.delivery === "job");
  return idleBytes;
}

/** Warms up a fresh server and takes one export of it. */
export async function measureFresh(served: ServedExport, rows: number): Promise<ExportMeasurement> {
  return measureExport(served, rows, await prepareServer(served));
}

/**
 * Takes one export of a warm server at full speed, with all probes around it. The body is counted and its CRC-32 taken.
 * Hashing it and counting its rows would make the reader the slower side.
 * @param rows rows the body is known to hold
 * @param idleBytes bytes the server held before its first request
 */
export async function measureExport(
  served: ServedExport,
  rows: number,
  idleBytes: number | null,
): Promise<ExportMeasurement> {
  const { session, server } = served;
  const { signal } = session;
  const endWatch = await watchProcesses(server);
  // Answering /stats is work too: what two answers with nothing between them cost is subtracted.
  const first = await serverWork(server, signal);
  const before = await serverWork(server, signal);
  const ended = await Promise.all((session.observers ?? []).map((observer) => observer.watch()));
  const ownLoad = await watchOwnLoad();

  const made = await makeJobOf(served);
  const ready = made === null ? null : await serverWork(server, signal);
  const reading =
    made === null
      ? await readWhole(served, { checksum: true })
      : requireComplete(served, await readMade(made, served, { checksum: true }));

  const client = await ownLoad();
  const observed = await Promise.all(ended.map((end) => end()));
  const { peakBytes, ...watched } = await endWatch();
  const peakOverIdle = difference(peakBytes, idleBytes);
  const after = await workAfter(server, signal, watched);

  const totalSeconds = reading.totalMs / 1000;
  const counted = workBetween({ first, before, after }, ({ cpuSeconds }) => cpuSeconds);
  const cpu = await cpuOfSeveral(served, counted, reading);
  const measured: Measured = {
    first_byte_s: seconds(reading.firstByteMs),
    total_s: totalSeconds,
    chunk_gap_p99_s: seconds(reading.gaps.p99Ms),
    longest_stall_s: seconds(reading.gaps.longestMs),
    throughput_bytes_per_s: reading.bodyBytes / totalSeconds,
    rows_per_s: rows / totalSeconds,
    held_s_per_export: sinceThen(before, after, "heldSeconds"),
    loop_s_per_export: workBetween({ first, before, after }, ({ inside }) => inside?.loopSeconds ?? null),
    gc_s_per_export: sinceThen(before, after, "gcSeconds"),
    cpu_s_per_export: cpu,
    cpu_s_per_mib: perMib(cpu, reading.bodyBytes),
    queue_wait_s: sinceThen(before, after, "queueWaitSeconds"),
    idle_rss_bytes: idleBytes,
    peak_rss_over_idle_bytes: peakOverIdle,
    heap_used_bytes: after.inside?.heapUsedBytes ?? null,
    loop_delay_max_s: after.inside?.loopDelayMaxSeconds ?? null,
    client_busy_ratio: client.busyRatio,
    client_wait_ratio: client.waitRatio,
    ...(made === null || ready === null ? {} : jobMetrics(made, reading, { before, ready, after })),
    ...(observed.length === 0 ? {} : observedMetrics(sumOfWork(observed))),
    rows,
    body_bytes: reading.bodyBytes,
  };
  return { measured, reading, client, isCpuTooShort: counted !== null && cpu === null };
}

/** The parts of a job: submitting, waiting and downloading, and what the download costs the workers. */
function jobMetrics(
  { submitMs, waitMs }: MadeJob,
  { totalMs }: ExportReading,
  {
    before,
    ready,
    after,
  }: { readonly before: ServerWork; readonly ready: ServerWork; readonly after: ServerWork },
): Measured {
  return {
    submit_s: submitMs / 1000,
    wait_s: waitMs / 1000,
    download_s: (totalMs - submitMs - waitMs) / 1000,
    making_held_s: sinceThen(before, ready, "heldSeconds"),
    making_loop_s: sinceThen(before, ready, "loopSeconds"),
    download_held_s: sinceThen(ready, after, "heldSeconds"),
    download_loop_s: sinceThen(ready, after, "loopSeconds"),
  };
}

function observedMetrics(work: ObservedWork): Measured {
  return {
    observed_cpu_s_per_export: work.cpuSeconds,
    observed_peak_bytes: work.peakBytes,
    connection_held_s_per_export: work.heldSeconds,
    database_temporary_bytes: work.temporaryBytes,
  };
}

const bytesPerMib = 1024 ** 2;

/** CPU seconds for a mebibyte of the body; null when they are not known, or the body is empty. */
export function perMib(cpuSeconds: number | null, bodyBytes: number): number | null {
  return cpuSeconds === null || bodyBytes === 0 ? null : cpuSeconds / (bodyBytes / bytesPerMib);
}

function sinceThen(
  before: ServerWork,
  after: ServerWork,
  key: "heldSeconds" | "loopSeconds" | "queueWaitSeconds" | "gcSeconds",
): number | null {
  return difference(after.inside?.[key] ?? null, before.inside?.[key] ?? null);
}

function seconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : milliseconds / 1000;
}
