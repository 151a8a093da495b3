import { StreamCsvError } from "../../../src/ground.ts";
import type { ExportReading } from "../../load/read-export.ts";
import { sumOfWork, type ObservedWork } from "../../probe/observed-work.ts";
import { watchOwnLoad, type OwnLoad } from "../../probe/own-load.ts";
import { checksumText } from "../../result/checksum-text.ts";
import type { Measured } from "../../result/metric.ts";
import type { ExpectedBody } from "../arm.ts";
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
  const cpu = await cpuOfSeveral(served, counted, reading.totalMs);
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

/** A timed body has other bytes than the one that was checked, so nothing that its server gave can be trusted. */
class WrongBodyError extends StreamCsvError {
  constructor(message: string, details: { readonly hint: string }) {
    super("SCSV_MEASUREMENT_INVALID", message, details);
  }
}

/** Whether an error says that a timed body had other bytes than the one that was checked, or was caused by one that does. */
export function isWrongBody(fault: unknown): boolean {
  if (fault instanceof WrongBodyError) return true;
  return fault instanceof Error && fault.cause !== undefined && isWrongBody(fault.cause);
}

/**
 * Compares a timed body with the one that was checked.
 * @throws WrongBodyError `SCSV_MEASUREMENT_INVALID` that names whose body it is
 */
export function requireSameBody(
  whose: string,
  { bodyBytes, crc32, content }: ExportReading,
  expected: Omit<ExpectedBody, "rows"> & { readonly rows?: number },
): void {
  if (expected.equality === "rows") {
    if (content === null) throw new Error("a body that is compared by its rows was not counted");
    const rows = content.records - (expected.headerRecords ?? 1);
    const isSame = rows === expected.rows && content.columns === expected.columns;
    if (isSame) return;
    throw new StreamCsvError(
      "SCSV_MEASUREMENT_INVALID",
      `${whose} gave ${rows} rows of ${content.columns} columns in a timed round, and ${expected.rows} of ${expected.columns} when it was checked.`,
      { hint: "Ask for rows that stay as many: by a WHERE, a LIMIT, or {rows} in the address." },
    );
  }
  if (bodyBytes !== expected.bytes) {
    throw new WrongBodyError(
      `${whose} gave ${bodyBytes} bytes in a timed round, and ${expected.bytes} when it was checked.`,
      { hint: hintForChange },
    );
  }
  if (crc32 === expected.crc32) return;
  throw new WrongBodyError(
    `${whose} gave other bytes in a timed round than when it was checked, though as many: their CRC-32 is ${crc32 === null ? "unknown" : checksumText(crc32)} instead of ${checksumText(expected.crc32)}.`,
    { hint: hintForChange },
  );
}

const hintForChange =
  "If its rows may change between requests, --integrity rows compares rows and columns instead of bytes.";

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
