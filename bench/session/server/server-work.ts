import { setTimeout as sleep } from "node:timers/promises";
import { cpuSecondsOfEach, endedChildrenSeconds, totalSeconds } from "../../probe/process-tree.ts";
import { fetchInsideNumbers, type InsideNumbers } from "../../probe/server-stats.ts";
import type { RunningTarget } from "../../subject/target.ts";
import { difference, type WatchedProcesses } from "./server-memory.ts";
import { processesOf } from "./server-processes.ts";

/** What a server has done since it started. */
export interface ServerWork {
  /** Its own numbers; null when it reports none. */
  readonly inside: InsideNumbers | null;
  /** CPU time of all its processes; null when neither the server nor the system reports it. */
  readonly cpuSeconds: number | null;
  /** The processes of which that is the CPU time; none where they aren't known. One that ended meanwhile isn't among them. */
  readonly pids: readonly number[];
}

/**
 * Asks a server what it did so far. Processes that report their own CPU time (`process.cpuUsage()`) are trusted: theirs
 * is exact to the microsecond and covers threads that ended. The CPU time of the others comes from the operating system.
 */
export async function serverWork(server: RunningTarget, signal: AbortSignal): Promise<ServerWork> {
  const { statsUrl, form } = server;
  const inside = statsUrl === null ? null : await freshNumbers(statsUrl, signal, form);
  const pids = await processesOf(server);
  const reporting = inside?.pids ?? [];
  if (pids === null) return { inside, cpuSeconds: inside?.cpuSeconds ?? null, pids: [] };
  const others = await cpuSecondsOfEach(pids.filter((pid) => !reporting.includes(pid)));
  return {
    inside,
    cpuSeconds: (inside?.cpuSeconds ?? 0) + totalSeconds(others),
    pids: [...reporting, ...others.keys()],
  };
}

/** Servers that were seen with a process that ended and that nobody waited for. */
const forgettingServers = new WeakSet<RunningTarget>();

/** Whether the system forgets what processes of a server used, because nobody waits for them. */
export function forgetsEnded(server: RunningTarget): boolean {
  return forgettingServers.has(server);
}

/** A process that has used this much has at least one tick, which its parent gets if it waits. */
const tickSeconds = 0.01;

/**
 * The same after something was watched. The CPU time of a process that ended goes to the parent that waits for it. Where none
 * does, as where SIGCHLD is ignored, what was seen of it is added, since nothing else counts it.
 */
export async function workAfter(
  server: RunningTarget,
  signal: AbortSignal,
  { shortLivedSeconds, endedSecondsBefore }: Omit<WatchedProcesses, "peakBytes">,
): Promise<ServerWork> {
  const work = await serverWork(server, signal);
  if (work.cpuSeconds === null) return work;
  const ended = [...shortLivedSeconds].filter(([pid]) => !work.pids.includes(pid));
  const used = ended.reduce((total, [, seconds]) => total + seconds, 0);
  const waitedFor = Math.max(0, (await endedChildrenSeconds(work.pids)) - endedSecondsBefore);
  if (used >= tickSeconds && waitedFor < used / 2) forgettingServers.add(server);
  return { ...work, cpuSeconds: work.cpuSeconds + Math.max(0, used - waitedFor) };
}

/** The work of a server at three moments: two right after each other, and one after the export. */
export interface WorkSamples {
  readonly first: ServerWork;
  readonly before: ServerWork;
  readonly after: ServerWork;
}

/** The work the export alone added, without the work of asking. */
export function workBetween(
  { first, before, after }: WorkSamples,
  of: (work: ServerWork) => number | null,
): number | null {
  const asking = difference(of(before), of(first));
  const added = difference(of(after), of(before));
  return asking === null || added === null ? null : Math.max(0, added - asking);
}

/** Numbers older than this would leave out the end of an export. */
const oldSeconds = 0.02;
const askAgainMs = 10;
const longestWaitMs = 5000;

async function freshNumbers(
  statsUrl: URL,
  signal: AbortSignal,
  form: RunningTarget["form"],
): Promise<InsideNumbers> {
  for (let waitedMs = 0; ; waitedMs += askAgainMs) {
    const numbers = await fetchInsideNumbers(statsUrl, signal, form);
    if (numbers.ageSeconds < oldSeconds || waitedMs >= longestWaitMs) return numbers;
    await sleep(askAgainMs, undefined, { signal });
  }
}
