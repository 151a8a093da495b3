import { realpath } from "node:fs/promises";
import { readProcFile } from "./proc-file.ts";

/** How often CPU limits of control groups have stopped the processes in them, since the groups were made. */
export interface Throttling {
  readonly periods: number;
  readonly throttledPeriods: number;
}

/**
 * Reads cpu.stat of the control group of this process and of those that it lies in, such as a slice of systemd: the limit of
 * each stops it. null when none counts periods.
 */
export async function cpuThrottling(): Promise<Throttling | null> {
  const folders = groupFolders(await readProcFile("/proc/self/cgroup"));
  // A folder of several controllers and the link to it for one of them are the same group.
  const places = await Promise.all(folders.map((folder) => realpath(folder).catch(() => folder)));
  const texts = await Promise.all([...new Set(places)].map((place) => readProcFile(`${place}/cpu.stat`)));
  const found = texts.map(parseThrottling).filter((one) => one !== null);
  if (found.length === 0) return null;
  return {
    periods: found.reduce((total, { periods }) => total + periods, 0),
    throttledPeriods: found.reduce((total, { throttledPeriods }) => total + throttledPeriods, 0),
  };
}

/**
 * Where cpu.stat may be, the nearest first. In a container the path may be that of the host, and the root is the own group.
 */
export function groupFolders(cgroup: string): readonly string[] {
  const root = "/sys/fs/cgroup";
  const folders = cgroup.split("\n").flatMap((line) => {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === "" || !(controllers === "" || controllers.split(",").includes("cpu"))) return [];
    const names = path.split("/").filter(Boolean);
    const groups = [...names.keys()].map((index) => `/${names.slice(0, names.length - index).join("/")}`);
    const places = controllers === "" ? [root] : [`${root}/${controllers}`, `${root}/cpu`];
    return places.flatMap((place) => [...groups, ""].map((group) => `${place}${group}`));
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
