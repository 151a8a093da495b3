import {
  canSampleProcesses,
  peakResidentBytes,
  processTree,
  resetPeaks,
  residentBytes,
  settle,
} from "../../probe/process-tree.ts";
import type { RunningTarget } from "../../subject/target.ts";

const settleLimitMs = 200;

/**
 * Memory of a server that has served nothing yet; null where it can't be sampled. Taken before the warm-up, since a
 * worker keeps much of what an export once needed: above what is left of the last one, the next seems to need nothing.
 */
export async function idleMemory({ pid }: RunningTarget, signal: AbortSignal): Promise<number | null> {
  if (!canSampleProcesses || pid === null) return null;
  const tree = await processTree(pid);
  await settle(tree, settleLimitMs, signal);
  return residentBytes(tree);
}

/** Forgets the peaks of a server's processes; the function it gives tells the sum of the peaks since. */
export async function watchPeak({ pid }: RunningTarget): Promise<() => Promise<number | null>> {
  if (!canSampleProcesses || pid === null) return () => Promise.resolve(null);
  const before = await processTree(pid);
  if (!(await resetPeaks(before))) return () => Promise.resolve(null);
  // Processes started meanwhile count too, and those that ended no more.
  return async () => peakResidentBytes([...new Set([...before, ...(await processTree(pid))])]);
}

/** What was added; null when either number is missing. */
export function difference(later: number | null, earlier: number | null): number | null {
  return later === null || earlier === null ? null : later - earlier;
}
