import { execFile } from "node:child_process";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { ProcessSampler } from "./process-sampler.ts";

const run = promisify(execFile);

/** One process, as a line of `ps` describes it. */
export interface ListedProcess {
  readonly pid: number;
  readonly parentPid: number;
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  readonly isZombie: boolean;
  /** Whether it runs or waits for a core. */
  readonly isRunnable: boolean;
  /** The name of its program, without a folder. */
  readonly program: string;
}

type Listing = ReadonlyMap<number, ListedProcess>;

/** How often memory is sampled for a peak: one `ps` takes about 10 ms of another core. */
const sampleEveryMs = 100;

/** Reads the output of `ps`, for systems without /proc: macOS and the BSDs. Peaks are the highest of many samples. */
export const psSampler: ProcessSampler = {
  tree: async (...rootPids) => treeIn(await listProcesses(), rootPids),
  residentBytes: async (pids) => sumOf(await listProcesses(), pids, ({ residentBytes }) => residentBytes),
  privateBytes: () => Promise.resolve(null),
  async cpuSecondsOfEach(pids) {
    const listing = await listProcesses();
    return new Map(
      pids.flatMap((pid) => {
        const one = listing.get(pid);
        return one === undefined ? [] : [[pid, one.cpuSeconds] as const];
      }),
    );
  },
  wantedSeconds: async (pids) => sumOf(await listProcesses(), pids, ({ cpuSeconds }) => cpuSeconds),
  async isRunnable(pids) {
    const listing = await listProcesses();
    return pids.some((pid) => listing.get(pid)?.isRunnable === true);
  },
  countsEndedChildren: false,
  endedChildrenSeconds: () => Promise.resolve(0),
  endedChildrenFaults: () => Promise.resolve(0),
  async peaksNow(pids) {
    const listing = await listProcesses();
    return new Map(pids.map((pid) => [pid, listing.get(pid)?.residentBytes ?? 0]));
  },
  identify: async (pid) => (await listProcesses()).get(pid) ?? null,
  async stillRunning(pids) {
    const listing = await listProcesses();
    return pids.filter((pid) => listing.get(pid)?.isZombie === false);
  },
  async watchPeaks(...rootPids) {
    const peaks = new Map<number, number>();
    const stopping = new AbortController();
    /** @returns whether one of the given processes is still there */
    const sample = async (): Promise<boolean> => {
      const listing = await listProcesses();
      for (const pid of treeIn(listing, rootPids)) {
        const bytes = listing.get(pid)?.residentBytes ?? 0;
        peaks.set(pid, Math.max(bytes, peaks.get(pid) ?? 0));
      }
      return rootPids.some((pid) => listing.has(pid));
    };
    await sample();
    const watching = (async () => {
      while (!stopping.signal.aborted && (await sample()))
        // Only the abort rejects it, and the loop checks that next.
        await sleep(sampleEveryMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
    })();
    // It is awaited when the watch is ended.
    watching.catch(() => undefined);
    return async () => {
      stopping.abort();
      await watching;
      await sample();
      // As with /proc, processes that have ended count nothing.
      const left = new Set(treeIn(await listProcesses(), rootPids));
      return new Map([...peaks].filter(([pid]) => left.has(pid)));
    };
  },
  caveat: `Memory and CPU time of processes are read from ps: memory every ${sampleEveryMs} ms, so a shorter peak may be missed, and CPU time in steps of 10 ms or more, without processes that have ended.`,
};

let listing: Promise<Listing> | undefined;

/** All processes; calls of the same turn of the event loop share one `ps`. */
function listProcesses(): Promise<Listing> {
  listing ??= (async () => {
    await nextTurn();
    // Calls from here on are later than what ps will have seen.
    listing = undefined;
    // One -o for each column: on macOS and the BSDs all that stands behind a `=` is the heading.
    const columns = ["pid", "ppid", "rss", "time", "stat", "comm"].flatMap((name) => ["-o", `${name}=`]);
    const env = { ...process.env, LC_ALL: "C" };
    const { stdout } = await run("ps", ["-A", ...columns], { env, maxBuffer: 64 * 1024 ** 2 });
    return new Map(parseListing(stdout).map((one) => [one.pid, one]));
  })();
  return listing;
}

/** Reads lines of pid, parent, resident KiB, CPU time, state and program; the last may have blanks, and a folder on macOS. */
export function parseListing(text: string): readonly ListedProcess[] {
  return text.split("\n").flatMap((line) => {
    const [, pid, parentPid, kibibytes, time = "", state = "", command = ""] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s*(.*)$/.exec(line) ?? [];
    if (pid === undefined) return [];
    return {
      pid: Number(pid),
      parentPid: Number(parentPid),
      residentBytes: Number(kibibytes) * 1024,
      cpuSeconds: parseCpuTime(time),
      isZombie: state.startsWith("Z"),
      isRunnable: state.startsWith("R"),
      program: command.slice(command.lastIndexOf("/") + 1).trim(),
    };
  });
}

/** Reads `12:34.56` (minutes, as macOS writes it) and `[DD-]HH:MM:SS` (POSIX). */
export function parseCpuTime(text: string): number {
  const [, days = "0", clock = ""] = /^(?:(\d+)-)?([\d:.]+)$/.exec(text) ?? [];
  const seconds = clock.split(":").reduce((total, part) => total * 60 + Number(part), 0);
  return Number(days) * 86_400 + seconds;
}

function treeIn(processes: Listing, rootPids: readonly number[]): number[] {
  const found = new Set(rootPids);
  // A set is gone through with what is added meanwhile.
  for (const parent of found)
    for (const { pid, parentPid } of processes.values()) if (parentPid === parent) found.add(pid);
  return [...found];
}

function sumOf(processes: Listing, pids: readonly number[], valueOf: (one: ListedProcess) => number): number {
  return pids.reduce((total, pid) => {
    const one = processes.get(pid);
    return total + (one === undefined ? 0 : valueOf(one));
  }, 0);
}
