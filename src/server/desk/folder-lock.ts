import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isCodedError, StreamCsvError } from "../../errors.ts";

/** A folder that is this process's own until it is given back. */
export interface FolderLock {
  readonly release: () => Promise<void>;
}

const lockName = ".stream-csv.lock";

/**
 * Takes a folder for this process alone. A lock whose process is dead is taken over.
 *
 * The lock appears under its name only with its content, by a hard link, which fails where there is one already. Who
 * takes over moves the old lock away first and looks at what it moved, so that of several who find the same dead lock one
 * wins, and a lock made in between is put back.
 * @throws StreamCsvError `SCSV_SPOOL_UNUSABLE` when another process that lives has it, naming that process
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, lockName);
  const text = `${process.pid} ${await startOf(process.pid)}\n`;
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, text, { flag: "wx" });
  try {
    while (!(await linked(draft, path))) await removeDead(path, folder);
  } finally {
    await rm(draft, { force: true });
  }
  return {
    release: async () => {
      if ((await readIfThere(path)) === text) await rm(path, { force: true });
    },
  };
}

/** Whether a folder was some process's own that has died and left it behind. */
export async function isAbandoned(folder: string): Promise<boolean> {
  const text = await readIfThere(join(folder, lockName));
  return text !== undefined && (await livingHolder(text)) === undefined;
}

async function removeDead(path: string, folder: string): Promise<void> {
  const text = await readIfThere(path);
  if (text === undefined) return;
  const holder = await livingHolder(text);
  if (holder !== undefined) {
    const message = `The folder "${folder}" holds the prepared files of another server, the process ${holder}.`;
    const hint = "Give each server a folder of its own with --spool-dir, or stop the other one.";
    throw new StreamCsvError("SCSV_SPOOL_UNUSABLE", message, { hint });
  }
  const moved = `${path}.${randomUUID()}`;
  try {
    await rename(path, moved);
  } catch (error) {
    if (isCodedError(error) && error.code === "ENOENT") return;
    throw error;
  }
  if ((await readIfThere(moved)) !== text) await linked(moved, path);
  await rm(moved, { force: true });
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
