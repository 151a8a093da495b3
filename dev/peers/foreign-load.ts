import { cpus } from "node:os";
import { cpuSeconds } from "../../bench/probe/cpu-time.ts";

/**
 * Watches how much of the machine other programs take.
 * @returns a function that tells their share of all CPU time since the watch began, from 0 to 1
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

/** Of all cores since they started, and of this process with every child that has ended. */
async function look(): Promise<{ allSeconds: number; busySeconds: number; ownSeconds: number }> {
  const ownSeconds = await cpuSeconds([process.pid]);
  let [all, idle] = [0, 0];
  for (const { times } of cpus()) {
    all += times.user + times.nice + times.sys + times.irq + times.idle;
    idle += times.idle;
  }
  return { allSeconds: all / 1000, busySeconds: (all - idle) / 1000, ownSeconds };
}
