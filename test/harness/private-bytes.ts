import { readFileSync } from "node:fs";

/**
 * Private memory of a process, RssAnon of /proc/PID/status. Not `Private_*` of `smaps_rollup`: that also has the pages of shared
 * buffers and of libraries that no other process happens to use at the moment.
 */
export function privateBytesOf(pid: number): number {
  const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  if (kilobytes === undefined) throw new Error(`/proc/${pid}/status has no RssAnon`);
  return Number(kilobytes) * 1024;
}
