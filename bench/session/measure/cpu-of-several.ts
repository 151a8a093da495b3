import type { ExportReading } from "../../load/read-export.ts";
import type { ExpectedBody } from "../arm.ts";
import type { RunningTarget } from "../../subject/target.ts";
import { readWhole, urlOf, type ServedExport } from "../session.ts";
import { hasThreadPerConnection } from "../server/ending-threads.ts";
import { isForking, watchProcesses } from "../server/server-memory.ts";
import { requireSameBody } from "./require-same-body.ts";
import { serverWork, workAfter, workBetween } from "../server/server-work.ts";

/** Threads and processes that have ended are counted in ticks of 10 ms, of which two may be missing. */
const uncertainSeconds = 0.02;
/** Less than this is known too badly. */
const enoughSeconds = 10 * uncertainSeconds;
/** How long further exports may take together. */
const limitMs = 250;
const mostExports = 200;

/**
 * The CPU time of an export whose thread or process ends with it, so that only ticks of it are known. Several short exports
 * are counted together, because one may take less than a tick.
 * @param cpuSeconds what one export showed
 * @param reading that export, whose body all others have to have
 * @returns that of one export, of any other server as it was given; null where even several took too little to be counted
 */
export async function cpuOfSeveral(
  served: ServedExport,
  cpuSeconds: number | null,
  reading: ExportReading,
): Promise<number | null> {
  const { session, server } = served;
  const { clock, signal } = session;
  if (cpuSeconds === null || !isOfTicks(server) || cpuSeconds >= enoughSeconds) return cpuSeconds;
  const endWatch = await watchProcesses(server);
  const before = await serverWork(server, signal);
  const endByMs = clock.nowMs() + limitMs;
  let exports = 1;
  for (; exports < mostExports && clock.nowMs() + reading.totalMs < endByMs; exports += 1) {
    requireSameBody(urlOf(served).href, await readWhole(served, { checksum: true }), bodyOf(reading, server));
  }
  const after = await workAfter(server, signal, await endWatch());
  const further = workBetween({ first: before, before, after }, (work) => work.cpuSeconds);
  return further === null ? null : cpuOfEach(server, cpuSeconds + further, exports);
}

function bodyOf({ bodyBytes, crc32, content }: ExportReading, { equality }: RunningTarget): ExpectedBody {
  const counted = content === null ? { rows: 0 } : { rows: content.records, columns: content.columns };
  const kind = equality === undefined ? {} : { equality };
  return { bytes: bodyBytes, crc32: crc32 ?? 0, headerRecords: 0, ...counted, ...kind };
}

/** The CPU time of one of several exports; null where all of them took too little to be counted. */
export function cpuOfEach(server: RunningTarget, totalSeconds: number, exports: number): number | null {
  return isOfTicks(server) && totalSeconds < uncertainSeconds ? null : totalSeconds / exports;
}

function isOfTicks(server: RunningTarget): boolean {
  return hasThreadPerConnection(server) || isForking(server);
}
