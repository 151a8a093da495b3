import { readFileSync } from "node:fs";

/** Memory that a process shares with no other, by Linux's `smaps_rollup`; a backend's shared buffers aren't among it. */
export function privateBytesOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const kilobytes = Array.from(text.matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB$/gm), ([, size]) =>
    Number(size),
  );
  if (kilobytes.length === 0) throw new Error(`/proc/${pid}/smaps_rollup has no private memory`);
  return kilobytes.reduce((sum, size) => sum + size * 1024, 0);
}
