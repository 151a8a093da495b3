import { cpus } from "node:os";
import { cpuSeconds } from "../../bench/probe/process-tree.ts";

/**
 * Measures how much CPU time other programs take. @returns a function that returns their share of all CPU time since
 * the start, from 0 to 1
 */
export async function watchForeignLoad(): Promise<() => Promise<number>> {
  const before = await look();
  return async () => {
    const after = await look();
    const all = after.allSeconds - before.allSeconds;
    const foreign = after.busySeconds - before.busySeconds - (after.ownSeconds - before.ownSeconds);
    return all > 0 ? Math.max(0, foreign / all) : 0;
  };
}

/** CPU time of all cores since boot, and of this process with its ended children. */
async function look(): Promise<{ allSeconds: number; busySeconds: number; ownSeconds: number }> {
  const ownSeconds = await cpuSeconds([process.pid]);
  let [all, idle] = [0, 0];
  for (const { times } of cpus()) {
    all += times.user + times.nice + times.sys + times.irq + times.idle;
    idle += times.idle;
  }
  return { allSeconds: all / 1000, busySeconds: (all - idle) / 1000, ownSeconds };
}
