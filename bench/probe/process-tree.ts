import { readFile, readdir, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** Whether this system has the files that the probes read; only Linux has them. */
export const canSampleProcesses = process.platform === "linux";

/** A process and all its descendants, root first, as /proc/PID/task/TID/children names them. */
export async function processTree(rootPid: number): Promise<number[]> {
  const found = [rootPid];
  for (const pid of found) found.push(...(await childrenOf(pid)));
  return found;
}

/** Highest resident size since the last reset (VmHWM), summed over processes; processes that ended count nothing. */
export async function peakResidentBytes(pids: readonly number[]): Promise<number> {
  return sum(await Promise.all(pids.map((pid) => statusBytes(pid, "VmHWM"))));
}

/** Resident size now (VmRSS), summed over processes. */
export async function residentBytes(pids: readonly number[]): Promise<number> {
  return sum(await Promise.all(pids.map((pid) => statusBytes(pid, "VmRSS"))));
}

/** Resident memory that a process shares with no file and no other process (RssAnon), summed over processes. */
export async function privateBytes(pids: readonly number[]): Promise<number> {
  return sum(await Promise.all(pids.map((pid) => statusBytes(pid, "RssAnon"))));
}

/**
 * Resets the recorded peak of each process to what it holds now.
 * @returns whether the kernel did so for all of them; that needs permission to write to /proc/PID/clear_refs
 */
export async function resetPeaks(pids: readonly number[]): Promise<boolean> {
  const done = await Promise.all(
    // 5 resets only the peak; other values clear the accessed bits of every page.
    pids.map((pid) =>
      writeFile(`/proc/${pid}/clear_refs`, "5").then(
        () => true,
        () => false,
      ),
    ),
  );
  return done.every(Boolean);
}

/** Which of these processes still exist; a zombie counts as ended. */
export async function stillRunning(pids: readonly number[]): Promise<number[]> {
  const states = await Promise.all(
    pids.map(async (pid) => ({ pid, stat: await readProcFile(`/proc/${pid}/stat`) })),
  );
  return states.filter(({ stat }) => stat !== "" && !/\) [ZX] /.test(stat)).map(({ pid }) => pid);
}

/** Waits until the memory of processes stops changing, at most for the time given: garbage is collected and sockets are closed. */
export async function settleMemory(
  pids: readonly number[],
  limitMs: number,
  signal: AbortSignal,
): Promise<void> {
  let before = -1;
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += 25) {
    const now = await residentBytes(pids);
    if (now === before) return;
    before = now;
    await sleep(25, undefined, { signal });
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const lists = await Promise.all(
    (await threadsOf(pid)).map((thread) => readProcFile(`/proc/${pid}/task/${thread}/children`)),
  );
  return lists.flatMap((list) => list.split(" ").filter(Boolean).map(Number));
}

/** Ids of the threads of a process; none once it ended. */
export async function threadsOf(pid: number): Promise<string[]> {
  return readdir(`/proc/${pid}/task`).catch(() => []);
}

async function statusBytes(pid: number, field: string): Promise<number> {
  const status = await readProcFile(`/proc/${pid}/status`);
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status);
  return Number(match?.[1] ?? 0) * 1024;
}

/** The text of a file of /proc; empty when the process or thread has ended. */
export async function readProcFile(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
