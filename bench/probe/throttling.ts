import { readProcFile } from "./proc-file.ts";

/** How often the CPU limit of the control group has stopped its processes, since the group was made. */
export interface Throttling {
  readonly periods: number;
  readonly throttledPeriods: number;
}

/** Reads cpu.stat of the control group of this process; null when there is none, or it has no limit. */
export async function cpuThrottling(): Promise<Throttling | null> {
  const folders = groupFolders(await readProcFile("/proc/self/cgroup"));
  for (const folder of folders) {
    const found = parseThrottling(await readProcFile(`${folder}/cpu.stat`));
    if (found !== null) return found;
  }
  return null;
}

/** Where cpu.stat may be, the nearest first: in a container the path is that of the host, and the root is the own group. */
export function groupFolders(cgroup: string): readonly string[] {
  const root = "/sys/fs/cgroup";
  const folders = cgroup.split("\n").flatMap((line) => {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    const own = path === "/" ? "" : path;
    if (path !== "" && controllers === "") return [`${root}${own}`, root];
    if (!controllers.split(",").includes("cpu")) return [];
    return [`${root}/${controllers}${own}`, `${root}/cpu${own}`, `${root}/cpu`];
  });
  return [...new Set(folders)];
}

export function parseThrottling(text: string): Throttling | null {
  const numberOf = (name: string): number | null => {
    const [, digits] = new RegExp(`^${name} (\\d+)$`, "m").exec(text) ?? [];
    return digits === undefined ? null : Number(digits);
  };
  const [periods, throttledPeriods] = [numberOf("nr_periods"), numberOf("nr_throttled")];
  return periods === null || throttledPeriods === null ? null : { periods, throttledPeriods };
}
