import type { ObservedWork, Observer } from "./observed-work.ts";
import {
  canSampleProcesses,
  countsEndedChildren,
  cpuSecondsOfEach,
  privateBytes,
  processTree,
  stillRunning,
  totalSeconds,
} from "./process-tree.ts";
import { sampling } from "./sampling.ts";

/**
 * A tree of processes beside the servers. Its memory is private memory, which leaves out what its processes share, such as
 * the buffers of a database, and is sampled every 50 ms, because processes come and go. Where the system doesn't tell which
 * memory is private, none is reported.
 * @throws RangeError when there is no such process here
 */
export async function observeProcesses(name: string, pid: number): Promise<Observer> {
  if (!canSampleProcesses) {
    throw new RangeError(
      `--observe ${name}=${pid} needs /proc or ps, which this system does not have: leave it out.`,
    );
  }
  if ((await stillRunning([pid])).length === 0) {
    throw new RangeError(`--observe ${name}=${pid} names no process of this machine that runs.`);
  }
  const isMemoryKnown = (await privateBytes([pid])) !== null;
  return {
    name,
    caveats: isMemoryKnown
      ? []
      : [`Memory observed leaves out ${name}: this system doesn't tell its private memory.`],
    watch: () => watchTree(pid),
    close: () => Promise.resolve(),
  };
}

async function watchTree(pid: number): Promise<() => Promise<ObservedWork>> {
  const before = await processTree(pid);
  const cpu = await watchCpu(before);
  const heldBefore = await privateBytes(before);
  let peak = heldBefore;
  const stop = sampling(async () => {
    const tree = await processTree(pid);
    const held = await privateBytes(tree);
    if (peak !== null && held !== null) peak = Math.max(peak, held);
    if (!countsEndedChildren) await cpu.sample(tree);
  });
  return async () => {
    await stop();
    await cpu.sample(await processTree(pid));
    return {
      cpuSeconds: cpu.used(),
      peakBytes: peak === null || heldBefore === null ? null : peak - heldBefore,
      heldSeconds: null,
      temporaryBytes: null,
    };
  };
}

/** The CPU time of processes that come and go: of one that ended, where its parent doesn't count it, what was seen last. */
async function watchCpu(
  before: readonly number[],
): Promise<{ sample(tree: readonly number[]): Promise<void>; used(): number }> {
  const atFirst = await cpuSecondsOfEach(before);
  const latest = new Map(atFirst);
  return {
    async sample(tree) {
      if (countsEndedChildren) latest.clear();
      for (const [pid, seconds] of await cpuSecondsOfEach(tree)) latest.set(pid, seconds);
    },
    used: () => Math.max(0, totalSeconds(latest) - totalSeconds(atFirst)),
  };
}
