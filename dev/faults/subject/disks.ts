import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { runSystemTool } from "./run-system-tool.ts";

/** The folders that a server writes to, each on its own small disk if possible. */
export interface Disks extends AsyncDisposable {
  /** A command prefix for a program, so that it sees the disks. */
  readonly enter: readonly string[];
  /** Why the folders aren't separate disks, so that they can't be filled or made read-only; undefined if they are. */
  readonly missing: string | undefined;
  readonly spool: Disk;
  readonly log: Disk;
}

/** One folder on a disk. */
export interface Disk {
  /** The folder as the server sees it. */
  readonly folder: string;
  /** The same folder as this process sees it. */
  readonly outside: string;
  /** Whether it is full or read-only just now. */
  readonly isTroubled: boolean;
  /** Fills the disk to its last byte. */
  fill(): Promise<void>;
  /** Removes what `fill` wrote. */
  empty(): Promise<void>;
  /** Makes the disk read-only or writable; false when the system refuses because a file is being written. */
  setReadOnly(isReadOnly: boolean): Promise<boolean>;
}

const spoolMiB = 48;
const logMiB = 8;

/**
 * Creates two small disks in memory, in a mount namespace of only the server's processes. A process that reads from
 * our pipe keeps the namespace, so it disappears with this program, however that ends.
 */
export async function makeDisks(folder: string): Promise<Disks> {
  const [spool, log] = [join(folder, "spool-disk"), join(folder, "log-disk")];
  await Promise.all([mkdir(spool), mkdir(log)]);
  const script = `mount -t tmpfs -o size=${spoolMiB}m tmpfs '${spool}' && mount -t tmpfs -o size=${logMiB}m tmpfs '${log}' && echo ready && exec cat`;
  const holder = spawn("unshare", ["--mount", "sh", "-c", script], { stdio: ["pipe", "pipe", "pipe"] });
  let problem = "";
  holder.stderr.setEncoding("utf8").on("data", (text: string) => (problem += text));
  const ended = new Promise<void>((resolve) => {
    holder.once("exit", () => resolve());
    holder.once("error", (error) => {
      problem += error.message;
      resolve();
    });
  });
  const isReady = await Promise.race([once(holder.stdout, "data").then(() => true), ended.then(() => false)]);
  const stop = async (): Promise<void> => {
    holder.stdin.end();
    await ended;
  };
  const { pid } = holder;
  if (!isReady || pid === undefined) {
    await ended;
    const missing = `a private mount namespace can't be made here: ${problem.trim() || "unshare has failed"}`;
    return {
      enter: [],
      missing,
      spool: plainFolder(spool),
      log: plainFolder(log),
      [Symbol.asyncDispose]: stop,
    };
  }
  const enter = ["nsenter", `--mount=/proc/${pid}/ns/mnt`, "--"];
  return {
    enter,
    missing: undefined,
    spool: diskAt(spool, pid, enter),
    log: diskAt(log, pid, enter),
    [Symbol.asyncDispose]: stop,
  };
}

function diskAt(folder: string, holderPid: number, enter: readonly string[]): Disk {
  const outside = `/proc/${holderPid}/root${folder}`;
  const filler = join(outside, "filler");
  let isTroubled = false;
  return {
    folder,
    outside,
    get isTroubled() {
      return isTroubled;
    },
    async fill() {
      isTroubled = true;
      // In smaller and smaller pieces, because a write that doesn't fit writes nothing.
      for (const bytes of [1024 ** 2, 64 * 1024, 4096]) {
        const piece = Buffer.alloc(bytes);
        for (;;) {
          const isFull = await appendFile(filler, piece).then(
            () => false,
            () => true,
          );
          if (isFull) break;
        }
      }
    },
    async empty() {
      await rm(filler, { force: true });
      isTroubled = false;
    },
    async setReadOnly(isReadOnly) {
      const [command = "", ...args] = enter;
      const option = `remount,${isReadOnly ? "ro" : "rw"}`;
      const isDone = await runSystemTool(command, [...args, "mount", "-o", option, folder]);
      if (isDone) isTroubled = isReadOnly;
      return isDone;
    },
  };
}

function plainFolder(folder: string): Disk {
  const refuse = (): Promise<never> => Promise.reject(new Error(`${folder} isn't a disk of its own`));
  return { folder, outside: folder, isTroubled: false, fill: refuse, empty: refuse, setReadOnly: refuse };
}
