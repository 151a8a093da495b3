import { cpuSeconds } from "../../probe/cpu-time.ts";
import {
  canSampleProcesses,
  peakResidentBytes,
  processTree,
  resetPeaks,
  residentBytes,
  settleMemory,
} from "../../probe/process-tree.ts";
import type { RunningTarget } from "../../subject/target.ts";

/** Memory of a server that has served nothing yet. */
export interface IdleMemory {
  /** Of all its processes. */
  readonly bytes: number;
  /** Of each process, by its id. */
  readonly byProcess: ReadonlyMap<number, number>;
}

const settleLimitMs = 200;

/**
 * Memory of a server that has served nothing yet; null where it can't be sampled. It is taken before the warm-up, because
 * a worker keeps much of the memory an export needed: measured from there, the next export would seem to need nothing.
 */
export async function idleMemory({ pid }: RunningTarget, signal: AbortSignal): Promise<IdleMemory | null> {
  if (!canSampleProcesses || pid === null) return null;
  const tree = await processTree(pid);
  await settleMemory(tree, settleLimitMs, signal);
  const byProcess = new Map<number, number>();
  for (const member of tree) byProcess.set(member, await residentBytes([member]));
  return { bytes: [...byProcess.values()].reduce((sum, bytes) => sum + bytes, 0), byProcess };
}

/** A process that used at least this share of the CPU time of its server took part in serving. */
const servingShare = 0.1;

/**
 * Resets the peaks of a server's processes. The function it returns gives how far the peaks since then are above the idle
 * memory, summed over the processes that served: in a pool of workers another one may still hold what an earlier export
 * needed, such as the warm-up. A process that was not there when the server was idle counts in full.
 */
export async function watchPeakOverIdle(
  { pid }: RunningTarget,
  idle: IdleMemory | null,
): Promise<() => Promise<number | null>> {
  if (!canSampleProcesses || pid === null || idle === null) return () => Promise.resolve(null);
  const before = await processTree(pid);
  if (!(await resetPeaks(before))) return () => Promise.resolve(null);
  const cpuBefore = new Map<number, number>();
  for (const member of before) cpuBefore.set(member, await cpuSeconds([member]));
  return async () => {
    // Processes that ended meanwhile count nothing.
    const members = await Promise.all(
      [...new Set([...before, ...(await processTree(pid))])].map(async (member) => ({
        idleBytes: idle.byProcess.get(member) ?? 0,
        peakBytes: await peakResidentBytes([member]),
        cpuSeconds: (await cpuSeconds([member])) - (cpuBefore.get(member) ?? 0),
        isNew: !idle.byProcess.has(member),
      })),
    );
    const total = members.reduce((sum, member) => sum + member.cpuSeconds, 0);
    return members
      .filter((member) => member.peakBytes > 0)
      .filter((member) => member.isNew || member.cpuSeconds >= servingShare * total)
      .reduce((sum, { peakBytes, idleBytes }) => sum + peakBytes - idleBytes, 0);
  };
}

/** What was added; null when either number is missing. */
export function difference(later: number | null, earlier: number | null): number | null {
  return later === null || earlier === null ? null : later - earlier;
}
