import { cpuSeconds } from "./cpu-seconds.ts";
import { sampling, type ObservedWork, type Observer } from "./observed-work.ts";
import { canSampleProcesses, privateBytes, processTree, stillRunning } from "./process-tree.ts";

/**
 * A tree of processes beside the servers. Its memory is private memory (RssAnon), which leaves out what its processes
 * share, such as the buffers of a database, and is sampled every 50 ms, because processes come and go.
 * @throws RangeError when there is no such process here
 */
export async function observeProcesses(name: string, pid: number): Promise<Observer> {
  if (!canSampleProcesses) {
    throw new RangeError(`--observe ${name}=${pid} needs /proc, which only Linux has: leave it out.`);
  }
  if ((await stillRunning([pid])).length === 0) {
    throw new RangeError(`--observe ${name}=${pid} names no process of this machine that runs.`);
  }
  return { name, watch: () => watchTree(pid), close: () => Promise.resolve() };
}

async function watchTree(pid: number): Promise<() => Promise<ObservedWork>> {
  const before = await processTree(pid);
  const cpuBefore = await cpuSeconds(before);
  const heldBefore = await privateBytes(before);
  let peak = heldBefore;
  const stop = sampling(async () => {
    peak = Math.max(peak, await privateBytes(await processTree(pid)));
  });
  return async () => {
    await stop();
    const cpuAfter = await cpuSeconds(await processTree(pid));
    return {
      cpuSeconds: Math.max(0, cpuAfter - cpuBefore),
      peakBytes: peak - heldBefore,
      heldSeconds: null,
      temporaryBytes: null,
    };
  };
}
