import {
  canSampleProcesses,
  peakResidentBytes,
  processTree,
  resetPeaks,
  residentBytes,
  settleMemory,
} from "../../probe/process-tree.ts";
import type { RunningTarget } from "../../subject/target.ts";

const settleLimitMs = 200;

/**
 * Memory of a server that has served nothing yet; null where it can't be sampled. It is taken before the warm-up, because
 * a worker keeps much of the memory an export needed: measured from there, the next export would seem to need nothing.
 */
export async function idleMemory({ pid }: RunningTarget, signal: AbortSignal): Promise<number | null> {
  if (!canSampleProcesses || pid === null) return null;
  const tree = await processTree(pid);
  await settleMemory(tree, settleLimitMs, signal);
  return residentBytes(tree);
}

/** Resets the peaks of a server's processes; the function it returns gives the sum of the peaks since. */
export async function watchPeak({ pid }: RunningTarget): Promise<() => Promise<number | null>> {
  if (!canSampleProcesses || pid === null) return () => Promise.resolve(null);
  const before = await processTree(pid);
  if (!(await resetPeaks(before))) return () => Promise.resolve(null);
  // Processes that started meanwhile count too; those that ended count nothing.
  return async () => peakResidentBytes([...new Set([...before, ...(await processTree(pid))])]);
}

/** What was added; null when either number is missing. */
export function difference(later: number | null, earlier: number | null): number | null {
  return later === null || earlier === null ? null : later - earlier;
}
