import { randomUUID } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { hasProcFiles, readProcFile } from "../../probe/proc-file.ts";

/** The variable by which a process is known to have been started for a measurement. */
const variable = "STREAM_CSV_BENCH_SERVER";

/**
 * A mark in the environment of a server. Whatever it starts inherits the mark, also what leaves its process group or gets
 * another parent (`setsid`, a daemon), so that it can be found and ended.
 */
export interface StartedMarker {
  readonly env: Readonly<Record<string, string>>;
  /** The processes that have the mark; none where the system doesn't show environments. */
  find(): Promise<readonly number[]>;
  /** The same at the exit of this process, when nothing can be awaited. */
  findNow(): readonly number[];
}

export function startedMarker(): StartedMarker {
  const value = randomUUID();
  const mark = `${variable}=${value}`;
  const isMarked = (environment: string): boolean => environment.split("\0").includes(mark);
  return {
    env: { [variable]: value },
    async find() {
      if (!hasProcFiles) return [];
      const pids = processIds(await readdir("/proc"));
      const marked = await Promise.all(
        pids.map(async (pid) => isMarked(await readProcFile(`/proc/${pid}/environ`))),
      );
      return pids.filter((_, index) => marked[index]);
    },
    findNow() {
      if (!hasProcFiles) return [];
      return processIds(readdirSync("/proc")).filter((pid) => {
        try {
          return isMarked(readFileSync(`/proc/${pid}/environ`, "utf8"));
        } catch {
          // It is another user's, or it has ended.
          return false;
        }
      });
    },
  };
}

function processIds(names: readonly string[]): readonly number[] {
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}
