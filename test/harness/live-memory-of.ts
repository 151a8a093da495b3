import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What a process whose live memory is asked for has to be started with, its children included. */
export const tellsLiveMemory = {
  NODE_OPTIONS: `--import ${new URL("tell-live-memory.js", import.meta.url).href}`,
};

/** Where a process writes its live memory. */
export function liveMemoryFile(pid: number): string {
  return join(tmpdir(), `stream-csv-live-memory-${pid}`);
}

/** Bytes that are live on the heap of another process and outside it, garbage not counted. Resident memory has both, and more. */
export async function liveMemoryOf(pid: number): Promise<number> {
  const file = liveMemoryFile(pid);
  process.kill(pid, "SIGUSR2");
  for (;;) {
    try {
      const bytes = Number(await readFile(file, "utf8"));
      await rm(file);
      return bytes;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    await sleep(20);
  }
}
