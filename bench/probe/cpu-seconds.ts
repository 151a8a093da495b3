import { readProcFileNow, threadsNow } from "./proc-file.ts";

/**
 * Clock ticks per second in /proc/PID/stat: USER_HZ, which Linux shows as 100 to every program on every
 * architecture Node runs on, whatever the kernel itself ticks at.
 */
const ticksPerSecond = 100;

/** A server that ends processes faster than they are read is read as it is then. */
const mostReadings = 5;

/**
 * CPU seconds that each process has used since it started, its reaped children included; those that have ended are left out.
 *
 * A process that ends while others are read goes to its parent, which may have been read before: then it would count nowhere,
 * or twice. Therefore all are read again when the time of reaped children has changed meanwhile.
 *
 * /proc/PID/schedstat covers only the main thread, so the nanoseconds of all threads are summed. When a thread ends, its
 * nanoseconds are lost there, while /proc/PID/stat keeps them in ticks of 10 ms, rounded down. Therefore the larger of the
 * two is used: exact while all threads live, and at most 20 ms too small when some have ended.
 */
export function procCpuSecondsOfEach(pids: readonly number[]): ReadonlyMap<number, number> {
  for (let readings = 1; ; readings += 1) {
    const reapedBefore = procEndedChildrenSeconds(pids);
    const each = pids.map((pid) => [pid, cpuSecondsOf(pid)] as const);
    if (readings < mostReadings && procEndedChildrenSeconds(pids) !== reapedBefore) continue;
    return new Map(each.flatMap(([pid, seconds]) => (seconds === null ? [] : [[pid, seconds] as const])));
  }
}

/** CPU seconds of children that ended and were waited for, summed. */
export function procEndedChildrenSeconds(pids: readonly number[]): number {
  const ticks = pids.map(ticksOf);
  return ticks.reduce((total, one) => total + (one?.reaped ?? 0), 0) / ticksPerSecond;
}

/**
 * Page faults of children that ended and were waited for, summed (cminflt of /proc/PID/stat). Every process has some, also one
 * that used less than a tick.
 */
export function procEndedChildrenFaults(pids: readonly number[]): number {
  const faults = pids.map((pid) => {
    const stat = readProcFileNow(`/proc/${pid}/stat`);
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[8] ?? 0);
  });
  return faults.reduce((total, count) => total + count, 0);
}

/** Seconds in which the threads that live now used a core or waited for one, summed. */
export function procWantedSeconds(pids: readonly number[]): number {
  const each = pids.map(threadSecondsOf);
  return each.reduce((total, { used, waited }) => total + used + waited, 0);
}

function cpuSecondsOf(pid: number): number | null {
  const { used } = threadSecondsOf(pid);
  const ticks = ticksOf(pid);
  return ticks === null ? null : Math.max(used, ticks.own / ticksPerSecond) + ticks.reaped / ticksPerSecond;
}

/** What the threads of a process used and waited for: the first and the second number of schedstat, in nanoseconds. */
function threadSecondsOf(pid: number): { used: number; waited: number } {
  const texts = threadsNow(pid).map((thread) => readProcFileNow(`/proc/${pid}/task/${thread}/schedstat`));
  const sumOf = (field: number): number =>
    texts.reduce((total, text) => total + Number(text.split(" ")[field] ?? 0) / 1e9, 0);
  return { used: sumOf(0), waited: sumOf(1) };
}

/** Ticks of a process, and of its children that ended and were waited for; null when there is no such process. */
function ticksOf(pid: number): { own: number; reaped: number } | null {
  const stat = readProcFileNow(`/proc/${pid}/stat`);
  if (stat === "") return null;
  // The name in the second field may contain spaces and parentheses, therefore counting starts after the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const at = (index: number): number => Number(fields[index] ?? 0);
  return { own: at(11) + at(12), reaped: at(13) + at(14) };
}
