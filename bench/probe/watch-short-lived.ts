import { setTimeout as sleep } from "node:timers/promises";
import type { PeakBytes } from "./process-sampler.ts";
import { peaksNow, processTree } from "./process-tree.ts";

/** Often enough to see a process near its end, when it holds the most. */
const sampleEveryMs = 10;
/** Looking takes no more than this share of the time, however many processes there are. */
const mostShare = 0.1;

/**
 * Watches the peaks of processes that come and go below another one, such as one for each request: the kernel keeps a
 * peak only as long as its process lives. What rose in the last moment before an end may be missed.
 * @param lasting processes that are watched by themselves
 * @returns ends it, and gives at each moment the peaks of those that lived then
 */
export function watchShortLived(
  rootPid: number,
  lasting: ReadonlySet<number>,
): () => Promise<readonly PeakBytes[]> {
  const moments: PeakBytes[] = [];
  const stopping = new AbortController();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      const startMs = performance.now();
      const passing = (await processTree(rootPid)).filter((pid) => !lasting.has(pid));
      if (passing.length > 0) moments.push(await peaksNow(passing));
      const pauseMs = Math.max(sampleEveryMs, (performance.now() - startMs) / mostShare);
      // Only the abort rejects it, and the loop checks that next.
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  // It is awaited when the watch is ended.
  watching.catch(() => undefined);
  return async () => {
    stopping.abort();
    await watching;
    return moments;
  };
}
