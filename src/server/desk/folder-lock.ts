import { randomUUID } from "node:crypto";
import { link, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isCodedError, StreamCsvError } from "../../errors.ts";

/** A folder that is this process's own until it is given back. */
export interface FolderLock {
  readonly release: () => Promise<void>;
}

/** Locks are numbered, so that taking over is making the next one: a file that is there is never moved or written again. */
const lockName = /^\.stream-csv\.lock\.(\d+)$/;

/** A lock in a folder. */
interface Lock {
  readonly number: number;
  readonly path: string;
  /** The process that has it, if it lives. */
  readonly holder: number | undefined;
}

/**
 * Takes a folder for this process alone. Locks whose processes are dead are taken over.
 *
 * A lock appears under its name only with its content, by a hard link, which fails where there is one already: of several
 * who find the same dead lock, one makes the next. Whoever then sees another that lives, since it came by an older look at
 * the folder, gives way; two at once may both do so, but never both have it.
 * @throws StreamCsvError `SCSV_SPOOL_UNUSABLE` when another process that lives has it, naming that process
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const draft = join(folder, `.stream-csv.draft.${randomUUID()}`);
  await writeFile(draft, `${process.pid} ${await startOf(process.pid)}\n`, { flag: "wx" });
  try {
    for (;;) {
      const locks = await locksIn(folder);
      requireFree(locks, folder);
      const number = Math.max(0, ...locks.map((lock) => lock.number)) + 1;
      const path = join(folder, `.stream-csv.lock.${number}`);
      if (await linked(draft, path)) return await keep(path, folder);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** Whether a folder was some process's own that has died and left it behind. */
export async function isAbandoned(folder: string): Promise<boolean> {
  const locks = await locksIn(folder);
  return locks.length > 0 && locks.every(({ holder }) => holder === undefined);
}

/** Makes sure that a lock just made is the only one that lives, and clears away the dead. */
async function keep(path: string, folder: string): Promise<FolderLock> {
  const release = (): Promise<void> => rm(path, { force: true });
  try {
    const others = (await locksIn(folder)).filter((lock) => lock.path !== path);
    requireFree(others, folder);
    for (const dead of others) await rm(dead.path, { force: true });
    return { release };
  } catch (error) {
    await release();
    throw error;
  }
}

function requireFree(locks: readonly Lock[], folder: string): void {
  const living = locks.find(({ holder }) => holder !== undefined);
  if (living === undefined) return;
  const message = `The folder "${folder}" holds the prepared files of another server, the process ${living.holder}.`;
  const hint = "Give each server a folder of its own with --spool-dir, or stop the other one.";
  throw new StreamCsvError("SCSV_SPOOL_UNUSABLE", message, { hint });
}

async function locksIn(folder: string): Promise<readonly Lock[]> {
  const names = await readdir(folder);
  const locks = await Promise.all(
    names.map(async (name): Promise<Lock | undefined> => {
      const number = lockName.exec(name)?.[1];
      const path = join(folder, name);
      const text = number === undefined ? undefined : await readIfThere(path);
      return text === undefined
        ? undefined
        : { number: Number(number), path, holder: await livingHolder(text) };
    }),
  );
  return locks.filter((lock) => lock !== undefined);
}

/** The process a lock names, if it lives: the same number with another start is another process. */
async function livingHolder(text: string): Promise<number | undefined> {
  const [digits, start = ""] = text.trim().split(" ");
  const pid = Number(digits);
  if (!Number.isSafeInteger(pid) || pid <= 0 || !exists(pid)) return undefined;
  return (await startOf(pid)) === start ? pid : undefined;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is one, of another user.
    return isCodedError(error) && error.code === "EPERM";
  }
}

/** When a process started, in ticks since the machine did (proc(5), field 22 of stat); the same for all where /proc isn't. */
async function startOf(pid: number): Promise<string> {
  const stat = (await readIfThere(`/proc/${pid}/stat`)) ?? "";
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "0";
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isCodedError(error) && error.code === "EEXIST") return false;
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isCodedError(error) && (error.code === "ENOENT" || error.code === "ESRCH")) return undefined;
    throw error;
  }
}
