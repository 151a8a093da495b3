import { randomUUID } from "node:crypto";
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { readdir, readlink } from "node:fs/promises";
import { hasProcFiles, readProcFile } from "../../probe/proc-file.ts";

/** The variable by which a process is known to have been started for a measurement. */
const variable = "STREAM_CSV_BENCH_SERVER";

/** The descriptor by which it is known as well. A daemon points those below it to /dev/null. */
export const markDescriptor = 3;

/**
 * A mark in the environment of a server, and one among its open files. Whatever it starts inherits both, also what leaves its
 * process group or gets another parent (`setsid`, a daemon), so that it can be found and ended. One of them is enough: nginx
 * and php-fpm write their titles over their environment, and Node and Python close the files of what they start.
 */
export interface StartedMarker {
  readonly env: Readonly<Record<string, string>>;
  /** The processes that have the mark; none where the system doesn't show environments. */
  find(): Promise<readonly number[]>;
  /** The same at the exit of this process, when nothing can be awaited. */
  findNow(): readonly number[];
}

/** @param openFile the path of the file that the server gets as {@link markDescriptor}; undefined for none */
export function startedMarker(openFile?: string): StartedMarker {
  const value = randomUUID();
  const mark = `${variable}=${value}`;
  const isMarked = (environment: string): boolean => environment.split("\0").includes(mark);
  const holdsFile = (link: string): boolean => openFile !== undefined && link === openFile;
  return {
    env: { [variable]: value },
    async find() {
      if (!hasProcFiles) return [];
      const pids = processIds(await readdir("/proc"));
      const marked = await Promise.all(
        pids.map(
          async (pid) =>
            isMarked(await readProcFile(`/proc/${pid}/environ`)) ||
            holdsFile(await readlink(descriptorOf(pid)).catch(() => "")),
        ),
      );
      return pids.filter((_, index) => marked[index]);
    },
    findNow() {
      if (!hasProcFiles) return [];
      return processIds(readdirSync("/proc")).filter(
        (pid) =>
          isMarked(textNow(() => readFileSync(`/proc/${pid}/environ`, "utf8"))) ||
          holdsFile(textNow(() => readlinkSync(descriptorOf(pid)))),
      );
    },
  };
}

function descriptorOf(pid: number): string {
  return `/proc/${pid}/fd/${markDescriptor}`;
}

/** Empty for a process that is another user's, that has ended, or that has no such file. */
function textNow(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}

function processIds(names: readonly string[]): readonly number[] {
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}
