import {
  cpuSecondsOfEach,
  endedChildrenFaults,
  endedChildrenSeconds,
  processTree,
  residentBytes,
  settleMemory,
  stillRunning,
  totalSeconds,
  watchPeaks,
} from "../../probe/process-tree.ts";
import type { PeakBytes } from "../../probe/process-sampler.ts";
import { watchShortLived } from "../../probe/watch-short-lived.ts";
import type { RunningTarget } from "../../subject/target.ts";
import { processesOf, rootsOf } from "./server-processes.ts";

const settleLimitMs = 200;

/** A server when nothing had been served yet. */
interface IdleServer {
  /** What each of its processes held. */
  readonly held: ReadonlyMap<number, number>;
  /** Page faults of children that had ended. */
  readonly endedFaults: number;
}

const idleServers = new WeakMap<RunningTarget, IdleServer>();
/** Servers that were seen with a process that came and went. */
const forkingServers = new WeakSet<RunningTarget>();

/**
 * Memory of a server that has served nothing yet; null where it can't be sampled. It is taken before the warm-up, because
 * a worker keeps much of the memory an export needed: measured from there, the next export would seem to need nothing.
 */
export async function idleMemory(server: RunningTarget, signal: AbortSignal): Promise<number | null> {
  const tree = await processesOf(server);
  if (tree === null) return null;
  await settleMemory(tree, settleLimitMs, signal);
  const held = await eachOf(tree, (member) => residentBytes([member]));
  idleServers.set(server, { held, endedFaults: await endedChildrenFaults(tree) });
  return [...held.values()].reduce((total, bytes) => total + bytes, 0);
}

/** Does something that isn't measured, and looks whether the server starts processes for it that end again. */
export async function noticeForks<T>(server: RunningTarget, use: () => Promise<T>): Promise<T> {
  const roots = rootsOf(server);
  if (roots === null) return await use();
  // Looked for without a pause, since nothing is measured here, and a small export may take only some milliseconds.
  const end = watchShortLived(roots, new Set(await processTree(...roots)), { everyMs: 1, mostShare: 0.5 });
  try {
    return await use();
  } finally {
    if ((await end()).moments.length > 0) forkingServers.add(server);
  }
}

/** Whether a server was seen with a process that came and went. */
export function isForking(server: RunningTarget): boolean {
  return forkingServers.has(server);
}

/** What a server's processes did. */
export interface WatchedProcesses {
  /** The sum of their peaks; null where they can't be sampled, or one that served has ended with its peak. */
  readonly peakBytes: number | null;
  /** The CPU time that processes had used which came and went, when they were last seen. */
  readonly shortLivedSeconds: ReadonlyMap<number, number>;
  /** The CPU time of processes that had ended before, and were waited for. */
  readonly endedSecondsBefore: number;
}

const unknown: WatchedProcesses = {
  peakBytes: null,
  shortLivedSeconds: new Map(),
  endedSecondsBefore: 0,
};

/**
 * Watches a server's processes; the function it returns gives what they did since.
 *
 * Of several workers only some serve. One that did nothing since counts with what it held when the server was fresh: it
 * may still hold what the warm-up took, which would count the same export twice, or not, as the connections fall.
 *
 * A lasting process that ends meanwhile takes its peak along, as a worker does that leaves after so many requests. If it
 * served, the memory is unknown: what the others hold would look like less. One that ended before, and what was started in its
 * place, count as one: a fresh process holds less than one that has answered something, which has nothing to do with the export.
 *
 * Where the warm-up started processes, as servers do that have one for each request, those that end meanwhile count with
 * the most that they held at one moment.
 */
export async function watchProcesses(server: RunningTarget): Promise<() => Promise<WatchedProcesses>> {
  const roots = rootsOf(server);
  const before = await processesOf(server);
  if (roots === null || before === null) return () => Promise.resolve(unknown);
  const endWatch = await watchPeaks(...roots);
  if (endWatch === null) return () => Promise.resolve(unknown);
  // First: of one that ends in between it isn't known whether it served, rather than that it did nothing.
  const reapedBefore = await endedChildrenSeconds(before);
  const cpuBefore = await cpuSecondsOfEach(before);
  const runningBefore = await stillRunning(before);
  const idle = idleServers.get(server);
  // Where one has ended since, those that came since take its place, and don't live for one request.
  const isReplacing = [...(idle?.held ?? [])].some(
    ([member, bytes]) => bytes > 0 && !runningBefore.includes(member),
  );
  const isLasting = (member: number): boolean => isReplacing || (idle?.held.has(member) ?? true);
  const lasting = new Set(before.filter(isLasting));
  const hasShortLived = forkingServers.has(server) || (idle !== undefined && (await hasForked(before, idle)));
  const endedSecondsBefore = await endedChildrenSeconds(before);
  const endShortLived = hasShortLived ? watchShortLived(roots, lasting) : null;
  return async () => {
    const shortLived = (await endShortLived?.()) ?? { moments: [], cpuSeconds: new Map<number, number>() };
    // Processes that started meanwhile count too.
    const seen = await endWatch();
    const peaks = new Map([...seen].filter(([, peak]) => peak > 0));
    // Ended, and not waited for yet: what they used isn't among that of their parents.
    const ending = [...seen.keys()].filter(
      (member) => !peaks.has(member) && (runningBefore.includes(member) || !before.includes(member)),
    );
    const endingSeconds = totalSeconds(await cpuSecondsOfEach(ending));
    const members = [...peaks.keys()];
    const cpuAfter = await cpuSecondsOfEach(members);
    const worked = (member: number): number => (cpuAfter.get(member) ?? 0) - (cpuBefore.get(member) ?? 0);
    const most = Math.max(...members.map(worked));
    const gone = runningBefore.filter((member) => lasting.has(member) && !peaks.has(member));
    const reapedSeconds = (await endedChildrenSeconds(members)) - reapedBefore + endingSeconds;
    const usedBefore = gone.reduce((total, member) => total + (cpuBefore.get(member) ?? 0), 0);
    // Less than they had used before: nobody waited for them, so what they did isn't known.
    const mayHaveServed =
      (gone.length > 0 || isReplacing) &&
      Math.abs(reapedSeconds - usedBefore) > Math.max(restingSeconds, restingShare * most);
    const held = idle?.held ?? new Map<number, number>();
    const found = members.map((member) => ({
      peak: peaks.get(member) ?? 0,
      held: held.get(member),
      isAtRest: worked(member) < restingShare * most,
    }));
    const ended = [...held]
      .filter(([member, bytes]) => bytes > 0 && !peaks.has(member))
      .map(([, bytes]) => bytes);
    const lastingBytes = bytesOf(found, ended);
    return {
      peakBytes: mayHaveServed ? null : lastingBytes + mostAtOnce(shortLived.moments, new Set(members)),
      shortLivedSeconds: shortLived.cpuSeconds,
      endedSecondsBefore,
    };
  };
}

/** What was found of a process. */
interface FoundProcess {
  readonly peak: number;
  /** What it held when the server was idle; undefined when it was started later. */
  readonly held: number | undefined;
  /** Whether it did nothing meanwhile. */
  readonly isAtRest: boolean;
}

/**
 * The sum over processes that last.
 * @param ended what those held that were there when the server was idle, and have ended
 */
function bytesOf(processes: readonly FoundProcess[], ended: readonly number[]): number {
  const endedHeld = sumOf(ended) / Math.max(1, ended.length);
  const kept = processes.map(({ peak, held, isAtRest }) => {
    if (held === undefined) return 0;
    return isAtRest ? Math.min(held, peak) : peak;
  });
  const started = processes.filter(({ held }) => held === undefined);
  // Those that served first: each takes the place of one that has ended, and holds no less for that.
  const places = [
    ...started.filter(({ isAtRest }) => !isAtRest),
    ...started.filter(({ isAtRest }) => isAtRest),
  ].map(({ peak, isAtRest }, place) => {
    if (place >= ended.length) return peak;
    return isAtRest ? endedHeld : Math.max(peak, endedHeld);
  });
  const empty = Math.max(0, ended.length - places.length);
  return sumOf(kept) + sumOf(places) + empty * endedHeld;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Whether processes were started or ended since a server was idle: then some may come and go with each export. */
async function hasForked(tree: readonly number[], { held, endedFaults }: IdleServer): Promise<boolean> {
  return tree.some((member) => !held.has(member)) || (await endedChildrenFaults(tree)) > endedFaults;
}

/** The largest sum of the peaks of processes that lived at one moment, without those that are counted already. */
function mostAtOnce(moments: readonly PeakBytes[], counted: ReadonlySet<number>): number {
  const sums = moments.map((moment) =>
    [...moment].reduce((total, [pid, peak]) => (counted.has(pid) ? total : total + peak), 0),
  );
  return Math.max(0, ...sums);
}

/** A process with less than this share of the busiest one's CPU time served nothing: it only looked whether it should end. */
const restingShare = 0.02;
/** CPU time of a process that has ended is known in ticks. */
const restingSeconds = 0.02;

async function eachOf(
  pids: readonly number[],
  valueOf: (pid: number) => Promise<number>,
): Promise<ReadonlyMap<number, number>> {
  return new Map(await Promise.all(pids.map(async (pid) => [pid, await valueOf(pid)] as const)));
}

/** What was added; null when either number is missing. */
export function difference(later: number | null, earlier: number | null): number | null {
  return later === null || earlier === null ? null : later - earlier;
}
