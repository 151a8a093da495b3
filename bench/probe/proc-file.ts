import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";

/** By a setting of the tests, the probes work on Linux as on a system without /proc, such as macOS. */
const isLinux = process.platform === "linux" && process.env["STREAM_CSV_BENCH_PROBES"] !== "ps";

/** Whether this system has the files of /proc; only Linux has them. */
export const hasProcFiles = isLinux && showsThisProcess();

/** Whether this is a Linux whose /proc is of no use; `ps` reads it, too. */
export const lacksProcFiles = isLinux && !hasProcFiles;

/** In a namespace of process ids, /proc has to be mounted anew. Else its numbers mean other processes than those known here. */
function showsThisProcess(): boolean {
  try {
    return readlinkSync("/proc/self") === String(process.pid);
  } catch {
    // It isn't mounted.
    return false;
  }
}

/** The text of a file of /proc; empty when the process or thread has ended, and where there is no /proc. */
export async function readProcFile(path: string): Promise<string> {
  return hasProcFiles ? readFile(path, "utf8").catch(() => "") : "";
}

/** Ids of the threads of a process; none once it ended. */
export async function threadsOf(pid: number): Promise<string[]> {
  return readdir(`/proc/${pid}/task`).catch(() => []);
}

/**
 * The text of a file of one process, which the kernel makes from memory without waiting for anything: `stat`, `status`,
 * `schedstat`, `children`. Read at once, that takes microseconds. A turn through Node's thread pool takes milliseconds on a busy
 * machine, in which a process that serves one request may come and go.
 */
export function readProcFileNow(path: string): string {
  if (!hasProcFiles) return "";
  try {
    return readFileSync(path, "utf8");
  } catch {
    // The process or thread has ended.
    return "";
  }
}

/** Ids of the threads of a process, likewise. */
export function threadsNow(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    // The process has ended.
    return [];
  }
}
