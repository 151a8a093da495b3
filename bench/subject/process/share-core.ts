import { readProcFile } from "../../probe/proc-file.ts";
import { runTool } from "./run-tool.ts";

/**
 * Puts processes, with all their threads and everything they start later, on one core: the last of those this process may
 * use, because interrupts mostly go to the first. The scheduler then switches between them every few milliseconds, so that
 * they all see the same speed of the core.
 * @returns null when that was done, or why it could not be
 * @throws the signal's reason when that comes first
 */
export async function shareCore(pids: readonly number[], signal: AbortSignal): Promise<string | null> {
  const core = lastCore(await readProcFile("/proc/self/status"));
  if (core === null) return "this system does not report which cores there are";
  for (const pid of pids) {
    const run = await runTool(["taskset", "-a", "-c", "-p", String(core), String(pid)], { cwd: ".", signal });
    // Without its number, so that the same reason is the same text in every round.
    if (!run.isGood) return run.lastLines.replaceAll(`pid ${pid}`, "a process");
  }
  return null;
}

/** The highest number in `Cpus_allowed_list: 0-3,8`; null when there is no such line. */
function lastCore(status: string): number | null {
  const last = /^Cpus_allowed_list:.*?(\d+)\s*$/m.exec(status)?.[1];
  return last === undefined ? null : Number(last);
}
