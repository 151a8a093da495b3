import { setTimeout as sleep } from "node:timers/promises";
import { hasProcFiles, lacksProcFiles } from "./proc-file.ts";
import { procSampler } from "./proc-sampler.ts";
import type { PeakBytes, ProcessSampler } from "./process-sampler.ts";
import { psSampler } from "./ps-sampler.ts";

/** The sampler of this system; null on Windows, which has neither /proc nor `ps`, and on a Linux without a /proc of its own. */
const sampler: ProcessSampler | null = hasProcFiles
  ? procSampler
  : process.platform === "win32" || lacksProcFiles
    ? null
    : psSampler;

/** Whether memory and CPU time of other processes can be read here. */
export const canSampleProcesses = sampler !== null;

/** What a report has to say about these numbers on this system; null where there is nothing. */
export const samplingCaveat =
  sampler?.caveat ??
  (lacksProcFiles
    ? "Memory and CPU time of processes are left out: /proc isn't mounted, or shows the process ids of another namespace. Mount it anew, as unshare --mount-proc does."
    : sampler === null
      ? "Memory and CPU time of processes are left out: they are read from /proc on Linux, and from ps on macOS."
      : null);

/** Whether a process's CPU time also has that of its children that ended. */
export const countsEndedChildren = sampler?.countsEndedChildren ?? false;

/** Processes and all their descendants, each once, the given ones first. */
export async function processTree(...rootPids: readonly number[]): Promise<number[]> {
  return (await sampler?.tree(...rootPids)) ?? [...rootPids];
}

/** Resident size now, summed over processes. */
export async function residentBytes(pids: readonly number[]): Promise<number> {
  return (await sampler?.residentBytes(pids)) ?? 0;
}

/** Memory that a process shares with no file and no other process, summed; null where the system doesn't tell it. */
export async function privateBytes(pids: readonly number[]): Promise<number | null> {
  return (await sampler?.privateBytes(pids)) ?? null;
}

/** CPU seconds that processes have used since they started, summed. */
export async function cpuSeconds(pids: readonly number[]): Promise<number> {
  return totalSeconds(await cpuSecondsOfEach(pids));
}

/** The sum of what {@link cpuSecondsOfEach} gives. */
export function totalSeconds(each: ReadonlyMap<number, number>): number {
  return [...each.values()].reduce((total, seconds) => total + seconds, 0);
}

/** The same of each, as {@link ProcessSampler.cpuSecondsOfEach} says. */
export async function cpuSecondsOfEach(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  return (await sampler?.cpuSecondsOfEach(pids)) ?? new Map();
}

/** The same with the time in which they waited for a core, as {@link ProcessSampler.wantedSeconds} says. */
export async function wantedSeconds(pids: readonly number[]): Promise<number> {
  return (await sampler?.wantedSeconds(pids)) ?? 0;
}

/** Whether one of them runs or waits for a core at this moment. */
export async function isRunnable(pids: readonly number[]): Promise<boolean> {
  return (await sampler?.isRunnable(pids)) ?? false;
}

/** CPU seconds of children that ended and were waited for, summed; 0 where the system doesn't tell it. */
export async function endedChildrenSeconds(pids: readonly number[]): Promise<number> {
  return (await sampler?.endedChildrenSeconds(pids)) ?? 0;
}

/** Page faults of the same children, which show that there were some; 0 where the system doesn't tell it. */
export async function endedChildrenFaults(pids: readonly number[]): Promise<number> {
  return (await sampler?.endedChildrenFaults(pids)) ?? 0;
}

/** The peaks of processes so far, as {@link ProcessSampler.peaksNow} says. */
export async function peaksNow(pids: readonly number[]): Promise<PeakBytes> {
  return (await sampler?.peaksNow(pids)) ?? new Map();
}

/** The program a process runs, and its parent; null when it can't be seen here. */
export async function identifyProcess(
  pid: number,
): Promise<{ readonly program: string; readonly parentPid: number } | null> {
  return (await sampler?.identify(pid)) ?? null;
}

/** Which of these processes still exist; a zombie counts as ended. */
export async function stillRunning(pids: readonly number[]): Promise<number[]> {
  return (await sampler?.stillRunning(pids)) ?? [];
}

/** Watches memory, as {@link ProcessSampler.watchPeaks} says. */
export async function watchPeaks(...rootPids: readonly number[]): Promise<(() => Promise<PeakBytes>) | null> {
  return (await sampler?.watchPeaks(...rootPids)) ?? null;
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
