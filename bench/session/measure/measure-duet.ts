import { eitherSignal } from "../../../src/ground.ts";
import type { ExportReading } from "../../load/read-export.ts";
import { stillRunning } from "../../probe/process-tree.ts";
import type { Measured } from "../../result/metric.ts";
import { shareCore } from "../../subject/process/share-core.ts";
import { armTitle, type PlannedArm } from "../arm.ts";
import { difference, watchProcesses, type WatchedProcesses } from "../server/server-memory.ts";
import { processesOf } from "../server/server-processes.ts";
import { serverWork, workAfter, workBetween, type ServerWork } from "../server/server-work.ts";
import type { Started } from "../server/with-servers.ts";
import { readWhole, withLastWords, type Session } from "../session.ts";
import { cpuOfEach } from "./cpu-of-several.ts";
import { perMib } from "./measure-export.ts";
import { requireSameBody } from "./require-same-body.ts";

/** What a duet needs to know of an arm. */
export type DuetArm = Pick<PlannedArm, "id" | "target" | "delivery" | "rows" | "body">;

/** How a duet is run. */
export interface DuetOptions {
  /** Exports of each arm that are counted. */
  readonly turns: number;
  /** Bytes each server held before its first request, by the arm's id. */
  readonly idleBytes: ReadonlyMap<string, number | null>;
}

/** What servers reported that worked at the same time. */
export interface DuetMeasurement {
  /**
   * CPU time and the peak of memory, by the arm's id. Metrics that depend on the clock are left out: they would show how
   * long the other servers took.
   */
  readonly arms: Readonly<Record<string, Measured>>;
  /** Why the servers didn't share one core; null when they did. */
  readonly apartReason: string | null;
}

/**
 * Takes exports of several warm servers at the same time, all on one core, and measures the CPU time each needed.
 *
 * The speed of a core changes within a tenth of a second where other guests of a host use the same silicon. Servers that
 * take turns see different speeds. Servers that share a core are switched every few milliseconds, see the same speeds,
 * and the speed cancels out of their ratio. This is duet benchmarking (Bulej, Horký, Tůma, Farquet and Prokopec, ICPE
 * 2020, arXiv 2001.05811), with one core for all instead of one for each, because the cores of a guest differ too.
 *
 * Work costs more while others use the same caches. Therefore a server that is done goes on giving exports that are not
 * counted until all are done. Otherwise the slowest would end alone, and seem cheaper than it is.
 * @param arms whose servers are warm
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when one fails, or gives another body than the one that was
 *   checked; all readings have ended then
 */
export async function measureDuet(
  session: Session,
  arms: readonly Started<DuetArm>[],
  options: DuetOptions,
): Promise<DuetMeasurement> {
  const { signal } = session;
  const trees = await Promise.all(arms.map(({ server }) => processesOf(server)));
  const apartReason = await shareCore(await stillRunning(trees.flatMap((tree) => tree ?? [])), signal);
  const watches: Watch[] = [];
  for (const arm of arms) watches.push(await watch(arm, signal));

  const measured: Record<string, Measured> = {};
  const over = new AbortController();
  const whileAllWork = eitherSignal(signal, over.signal);
  const parts = watches.map(async (one) => {
    const { item, server } = one.arm;
    const readOne = (): Promise<ExportReading> =>
      readWhole({ session, server, request: item }, { checksum: true, signal: whileAllWork });
    try {
      for (let turn = 0; turn < options.turns; turn += 1) {
        requireSameBody(armTitle(item), await readOne(), item.body);
      }
      measured[item.id] = await costOf(one, options, whileAllWork);
      if (Object.keys(measured).length === watches.length) over.abort();
      while (!over.signal.aborted) await readOne();
    } catch (fault) {
      if (whileAllWork.aborted) return;
      // The first error ends the readings of the others, too.
      over.abort(await withLastWords(fault, { server, target: item.target }));
    }
  });
  await Promise.all(parts);
  signal.throwIfAborted();
  if (Object.keys(measured).length < watches.length) throw over.signal.reason;
  return { arms: measured, apartReason };
}

interface Watch {
  readonly arm: Started<DuetArm>;
  readonly first: ServerWork;
  readonly before: ServerWork;
  readonly end: () => Promise<WatchedProcesses>;
}

async function watch(arm: Started<DuetArm>, signal: AbortSignal): Promise<Watch> {
  const end = await watchProcesses(arm.server);
  const first = await serverWork(arm.server, signal);
  const before = await serverWork(arm.server, signal);
  return { arm, first, before, end };
}

async function costOf(
  { arm: { item, server }, first, before, end }: Watch,
  { turns, idleBytes }: DuetOptions,
  signal: AbortSignal,
): Promise<Measured> {
  const { peakBytes, ...watched } = await end();
  const peakOverIdle = difference(peakBytes, idleBytes.get(item.id) ?? null);
  const after = await workAfter(server, signal, watched);
  const total = workBetween({ first, before, after }, ({ cpuSeconds }) => cpuSeconds);
  const cpu = total === null ? null : cpuOfEach(server, total, turns);
  return {
    cpu_s_per_export: cpu,
    cpu_s_per_mib: perMib(cpu, item.body.bytes),
    peak_rss_over_idle_bytes: peakOverIdle,
  };
}
