import type { PeakBytes } from "./process-sampler.ts";
import { peaksNow, processTree } from "./process-tree.ts";
import { sampling } from "./sampling.ts";

/** Often enough to see a process near its end, when it holds the most. */
const everyMs = 10;
/** Looking takes no more than this share of the time, however many processes there are. */
const mostShare = 0.1;

/**
 * Watches the peaks of processes that come and go below others, such as one for each request: the kernel keeps a
 * peak only as long as its process lives. What rose in the last moment before an end may be missed.
 * @param lasting processes that are watched by themselves
 * @returns ends it, and gives at each moment the peaks of those that lived then
 */
export function watchShortLived(
  rootPids: readonly number[],
  lasting: ReadonlySet<number>,
): () => Promise<readonly PeakBytes[]> {
  const moments: PeakBytes[] = [];
  const stop = sampling(
    async () => {
      const passing = (await processTree(...rootPids)).filter((pid) => !lasting.has(pid));
      if (passing.length > 0) moments.push(await peaksNow(passing));
    },
    { everyMs, mostShare },
  );
  return async () => {
    await stop();
    return moments;
  };
}
