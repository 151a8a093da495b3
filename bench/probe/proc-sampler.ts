import { writeFile } from "node:fs/promises";
import { isCodedError } from "../../src/ground.ts";
import {
  procCpuSecondsOfEach,
  procEndedChildrenFaults,
  procEndedChildrenSeconds,
  procWantedSeconds,
} from "./cpu-seconds.ts";
import { readProcFileNow, threadsNow } from "./proc-file.ts";
import type { ProcessSampler } from "./process-sampler.ts";

/** Reads Linux's /proc: exact peaks of memory, and CPU time in nanoseconds. */
export const procSampler: ProcessSampler = {
  tree: (...rootPids) => Promise.resolve(procTree(...rootPids)),
  residentBytes: (pids) => Promise.resolve(sumOfStatus(pids, "VmRSS")),
  privateBytes: (pids) => Promise.resolve(sumOfStatus(pids, "RssAnon")),
  cpuSecondsOfEach: (pids) => Promise.resolve(procCpuSecondsOfEach(pids)),
  wantedSeconds: (pids) => Promise.resolve(procWantedSeconds(pids)),
  isRunnable: (pids) =>
    Promise.resolve(
      pids.some((pid) =>
        threadsNow(pid).some((thread) =>
          / R /.test(afterName(readProcFileNow(`/proc/${pid}/task/${thread}/stat`))),
        ),
      ),
    ),
  countsEndedChildren: true,
  endedChildrenSeconds: (pids) => Promise.resolve(procEndedChildrenSeconds(pids)),
  endedChildrenFaults: (pids) => Promise.resolve(procEndedChildrenFaults(pids)),
  peaksNow: (pids) => Promise.resolve(peaksNow(pids)),
  identify(pid) {
    const status = readProcFileNow(`/proc/${pid}/status`);
    const program = /^Name:\s+(.*)$/m.exec(status)?.[1];
    const parentPid = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1] ?? 0);
    return Promise.resolve(program === undefined ? null : { program, parentPid });
  },
  stillRunning(pids) {
    const states = pids.map((pid) => ({ pid, stat: readProcFileNow(`/proc/${pid}/stat`) }));
    return Promise.resolve(
      states.filter(({ stat }) => stat !== "" && !/\) [ZX] /.test(stat)).map(({ pid }) => pid),
    );
  },
  async watchPeaks(...rootPids) {
    const before = procTree(...rootPids);
    if (!(await resetPeaks(before))) return null;
    // Processes that started meanwhile count too; those that ended count nothing.
    return () => Promise.resolve(peaksNow([...new Set([...before, ...procTree(...rootPids)])]));
  },
  caveat: null,
};

/** What follows the name in a stat file; a name may hold anything. */
function afterName(stat: string): string {
  return stat.slice(stat.lastIndexOf(")") + 1);
}

/** As /proc/PID/task/TID/children names them. */
function procTree(...rootPids: readonly number[]): number[] {
  const found = new Set(rootPids);
  // A set is gone through with what is added meanwhile.
  for (const pid of found) for (const child of childrenOf(pid)) found.add(child);
  return [...found];
}

function childrenOf(pid: number): number[] {
  const lists = threadsNow(pid).map((thread) => readProcFileNow(`/proc/${pid}/task/${thread}/children`));
  return lists.flatMap((list) => list.split(" ").filter(Boolean).map(Number));
}

function peaksNow(pids: readonly number[]): ReadonlyMap<number, number> {
  return new Map(pids.map((pid) => [pid, peakResidentBytes([pid])] as const));
}

/** Highest resident size since the last reset (VmHWM), summed over processes; processes that ended count nothing. */
export function peakResidentBytes(pids: readonly number[]): number {
  return sumOfStatus(pids, "VmHWM");
}

/**
 * Resets the recorded peak of each process to what it holds now. One that has ended meanwhile has no peak to reset.
 * @returns whether the kernel did so for all of them; that needs permission to write to /proc/PID/clear_refs
 */
async function resetPeaks(pids: readonly number[]): Promise<boolean> {
  const done = await Promise.all(
    // 5 resets only the peak; other values clear the accessed bits of every page.
    pids.map((pid) =>
      writeFile(`/proc/${pid}/clear_refs`, "5").then(
        () => true,
        (fault: unknown) => isCodedError(fault) && hasEnded.has(fault.code),
      ),
    ),
  );
  return done.every(Boolean);
}

/** What the kernel says of the file of a process that has ended. */
const hasEnded: ReadonlySet<string> = new Set(["ENOENT", "ESRCH"]);

function sumOfStatus(pids: readonly number[], field: string): number {
  const pattern = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m");
  const texts = pids.map((pid) => readProcFileNow(`/proc/${pid}/status`));
  return texts.reduce((total, status) => total + Number(pattern.exec(status)?.[1] ?? 0) * 1024, 0);
}
