import { readProcFile } from "./proc-file.ts";

/** CPU time of the whole machine since it started, in clock ticks. */
export interface MachineTicks {
  /** Ticks that other guests of the host got while this one was ready to run. */
  readonly stolen: number;
  readonly total: number;
}

/** Reads the first line of /proc/stat; null where there is none. */
export async function machineTicks(): Promise<MachineTicks | null> {
  return parseMachineTicks(await readProcFile("/proc/stat"));
}

/** user, nice, system, idle, iowait, irq, softirq, steal; guest times follow, and are included in user and nice. */
export function parseMachineTicks(text: string): MachineTicks | null {
  const [, numbers] = /^cpu +([\d ]+)/.exec(text) ?? [];
  const ticks = numbers?.trim().split(/ +/).slice(0, 8).map(Number) ?? [];
  const stolen = ticks[7];
  return stolen === undefined ? null : { stolen, total: ticks.reduce((sum, value) => sum + value, 0) };
}
