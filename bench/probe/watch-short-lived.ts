import type { PeakBytes } from "./process-sampler.ts";
import { cpuSeconds, endedChildrenSeconds, peaksNow, processTree } from "./process-tree.ts";
import { sampling, type SamplingPace } from "./sampling.ts";

/** Often enough to see a process near its end, when it holds the most. */
const everyMs = 10;
/** Looking takes no more than this share of the time, however many processes there are. */
const mostShare = 0.1;

/** What was seen of processes that come and go. */
export interface ShortLived {
  /** At each moment the peaks of those that lived then. */
  readonly moments: readonly PeakBytes[];
  /** The CPU time that each had used itself when it was last seen, without that of its children: they are seen as well. */
  readonly cpuSeconds: ReadonlyMap<number, number>;
}

/**
 * Watches the peaks and the CPU time of processes that come and go below others, such as one for each request: the kernel keeps
 * them only as long as a process lives, unless its parent waits for it. What rose in the last moment before an end may be
 * missed.
 * @param lasting processes that are watched by themselves
 * @param pace how often to look
 * @returns ends it, and gives what was seen
 */
export function watchShortLived(
  rootPids: readonly number[],
  lasting: ReadonlySet<number>,
  pace: SamplingPace = { everyMs, mostShare },
): () => Promise<ShortLived> {
  const moments: PeakBytes[] = [];
  const used = new Map<number, number>();
  const stop = sampling(async () => {
    const passing = (await processTree(...rootPids)).filter((pid) => !lasting.has(pid));
    if (passing.length > 0) moments.push(await peaksNow(passing));
    for (const pid of passing) used.set(pid, Math.max(used.get(pid) ?? 0, await ownSeconds(pid)));
  }, pace);
  return async () => {
    await stop();
    return { moments, cpuSeconds: used };
  };
}

/** Read in this order, a child that ends in between makes it too small for now, and never too large. */
async function ownSeconds(pid: number): Promise<number> {
  const seconds = await cpuSeconds([pid]);
  return seconds - (await endedChildrenSeconds([pid]));
}
