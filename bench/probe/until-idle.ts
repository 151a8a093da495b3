import { setTimeout as sleep } from "node:timers/promises";
import { isRunnable, processTree, wantedSeconds } from "./process-tree.ts";

const stepMs = 25;
/** One quiet step may be a wait for a disk. */
const quietSteps = 2;
/** Processes that use more of a core, or wait for one, are at work. */
const busyShare = 0.25;
/** Some servers are never idle. */
const usualLimitMs = 5000;

/**
 * Waits until processes and their descendants do nothing. The first worker of a server answers
 * while others still load their application: what that takes would be counted as an export's, and would slow down other
 * servers that are measured meanwhile.
 * @param limitMs the longest wait. @default 5000
 * @returns whether they were idle before that
 */
export async function untilIdle(
  rootPids: readonly number[],
  signal: AbortSignal,
  limitMs = usualLimitMs,
): Promise<boolean> {
  const workSeconds = async (): Promise<number> => await wantedSeconds(await processTree(...rootPids));
  const startMs = performance.now();
  let nowMs = startMs;
  let work = await workSeconds();
  let quiet = 0;
  while (quiet < quietSteps && nowMs - startMs < limitMs) {
    await sleep(stepMs, undefined, { signal });
    const [beforeMs, workBefore] = [nowMs, work];
    work = await workSeconds();
    nowMs = performance.now();
    const hasWorked = work - workBefore > (busyShare * (nowMs - beforeMs)) / 1000;
    // On a busy machine a process may get no core in several steps, and its wait for one isn't counted until it does.
    quiet = hasWorked || (await isRunnable(await processTree(...rootPids))) ? 0 : quiet + 1;
  }
  return quiet >= quietSteps;
}
