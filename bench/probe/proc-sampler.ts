import { writeFile } from "node:fs/promises";
import { isCodedError } from "../../src/ground.ts";
import { procCpuSecondsOfEach, procEndedChildrenSeconds, procWantedSeconds } from "./cpu-seconds.ts";
import { readProcFile, threadsOf } from "./proc-file.ts";
import type { ProcessSampler } from "./process-sampler.ts";

/** Reads Linux's /proc: exact peaks of memory, and CPU time in nanoseconds. */
export const procSampler: ProcessSampler = {
  tree: procTree,
  residentBytes: async (pids) => await sumOfStatus(pids, "VmRSS"),
  privateBytes: async (pids) => await sumOfStatus(pids, "RssAnon"),
  cpuSecondsOfEach: procCpuSecondsOfEach,
  wantedSeconds: procWantedSeconds,
  countsEndedChildren: true,
  endedChildrenSeconds: procEndedChildrenSeconds,
  peaksNow,
  async identify(pid) {
    const status = await readProcFile(`/proc/${pid}/status`);
    const program = /^Name:\s+(.*)$/m.exec(status)?.[1];
    const parentPid = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1] ?? 0);
    return program === undefined ? null : { program, parentPid };
  },
  async stillRunning(pids) {
    const states = await Promise.all(
      pids.map(async (pid) => ({ pid, stat: await readProcFile(`/proc/${pid}/stat`) })),
    );
    return states.filter(({ stat }) => stat !== "" && !/\) [ZX] /.test(stat)).map(({ pid }) => pid);
  },
  async watchPeaks(...rootPids) {
    const before = await procTree(...rootPids);
    if (!(await resetPeaks(before))) return null;
    return async () => {
      // Processes that started meanwhile count too; those that ended count nothing.
      return await peaksNow([...new Set([...before, ...(await procTree(...rootPids))])]);
    };
  },
  caveat: null,
};

/** As /proc/PID/task/TID/children names them. */
async function procTree(...rootPids: readonly number[]): Promise<number[]> {
  const found = new Set(rootPids);
  // A set is gone through with what is added meanwhile.
  for (const pid of found) for (const child of await childrenOf(pid)) found.add(child);
  return [...found];
}

async function childrenOf(pid: number): Promise<number[]> {
  const lists = await Promise.all(
    (await threadsOf(pid)).map((thread) => readProcFile(`/proc/${pid}/task/${thread}/children`)),
  );
  return lists.flatMap((list) => list.split(" ").filter(Boolean).map(Number));
}

async function peaksNow(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  return new Map(await Promise.all(pids.map(async (pid) => [pid, await peakResidentBytes([pid])] as const)));
}

/** Highest resident size since the last reset (VmHWM), summed over processes; processes that ended count nothing. */
export async function peakResidentBytes(pids: readonly number[]): Promise<number> {
  return await sumOfStatus(pids, "VmHWM");
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

async function sumOfStatus(pids: readonly number[], field: string): Promise<number> {
  const pattern = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m");
  const texts = await Promise.all(pids.map((pid) => readProcFile(`/proc/${pid}/status`)));
  return texts.reduce((total, status) => total + Number(pattern.exec(status)?.[1] ?? 0) * 1024, 0);
}
