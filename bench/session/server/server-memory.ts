import {
  canSampleProcesses,
  cpuSeconds,
  processTree,
  residentBytes,
  settleMemory,
  watchPeaks,
} from "../../probe/process-tree.ts";
import type { RunningTarget } from "../../subject/target.ts";

const settleLimitMs = 200;

/** What each process of a server held when nothing had been served yet. */
const heldIdle = new WeakMap<RunningTarget, ReadonlyMap<number, number>>();

/**
 * Memory of a server that has served nothing yet; null where it can't be sampled. It is taken before the warm-up, because
 * a worker keeps much of the memory an export needed: measured from there, the next export would seem to need nothing.
 */
export async function idleMemory(server: RunningTarget, signal: AbortSignal): Promise<number | null> {
  const { pid } = server;
  if (!canSampleProcesses || pid === null) return null;
  const tree = await processTree(pid);
  await settleMemory(tree, settleLimitMs, signal);
  const held = await eachOf(tree, (member) => residentBytes([member]));
  heldIdle.set(server, held);
  return [...held.values()].reduce((total, bytes) => total + bytes, 0);
}

/**
 * Watches the memory of a server's processes; the function it returns gives the sum of the peaks since.
 *
 * Of several workers only some serve. One that did nothing since counts with what it held when the server was fresh: it
 * may still hold what the warm-up took, which would count the same export twice, or not, as the connections fall.
 */
export async function watchPeak(server: RunningTarget): Promise<() => Promise<number | null>> {
  const { pid } = server;
  if (!canSampleProcesses || pid === null) return () => Promise.resolve(null);
  const before = await processTree(pid);
  const endWatch = await watchPeaks(pid);
  if (endWatch === null) return () => Promise.resolve(null);
  const cpuBefore = await eachOf(before, (member) => cpuSeconds([member]));
  return async () => {
    // Processes that started meanwhile count too; those that ended count nothing.
    const peaks = await endWatch();
    const members = [...peaks.keys()];
    const cpuAfter = await eachOf(members, (member) => cpuSeconds([member]));
    const worked = (member: number): number => (cpuAfter.get(member) ?? 0) - (cpuBefore.get(member) ?? 0);
    const most = Math.max(...members.map(worked));
    return members.reduce((total, member) => {
      const peak = peaks.get(member) ?? 0;
      const idle = heldIdle.get(server)?.get(member);
      const isAtRest = worked(member) < restingShare * most && before.includes(member);
      return total + (isAtRest && idle !== undefined ? Math.min(idle, peak) : peak);
    }, 0);
  };
}

/** A process with less than this share of the busiest one's CPU time served nothing: it only looked whether it should end. */
const restingShare = 0.02;

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
