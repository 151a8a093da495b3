import { readFile, readdir } from "node:fs/promises";

/**
 * Whether this system has the files of /proc; only Linux has them. By a setting of the tests, the probes work there as on a
 * system without them, such as macOS.
 */
export const hasProcFiles = process.platform === "linux" && process.env["STREAM_CSV_BENCH_PROBES"] !== "ps";

/** The text of a file of /proc; empty when the process or thread has ended, and where there is no /proc. */
export async function readProcFile(path: string): Promise<string> {
  return hasProcFiles ? readFile(path, "utf8").catch(() => "") : "";
}

/** Ids of the threads of a process; none once it ended. */
export async function threadsOf(pid: number): Promise<string[]> {
  return readdir(`/proc/${pid}/task`).catch(() => []);
}
