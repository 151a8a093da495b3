import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { isCodedError, StreamCsvError, toError } from "../../errors.ts";
import { neverRejects } from "../../never-rejects.ts";
import { spoolFault } from "../spool-fault.ts";
import { Spool } from "../spool.ts";
import {
  atFirstLook,
  isAbandoned,
  lockFolder,
  lockTimes,
  type FolderLock,
  type LockTimes,
} from "./folder-lock.ts";
import type { LockHolder } from "./lock-holder.ts";
import { isLockName } from "./lock-name.ts";

/** The folder of a spool, and its size limit. */
export interface SpoolSettings {
  /** Null for a temporary folder, which is removed when the server stops. */
  readonly spoolDirectory: string | null;
  readonly spoolBytes: number;
}

/** A spool in a folder that no other server uses. */
export interface SpoolFolder {
  readonly directory: string;
  readonly spool: Spool;
  /** Releases the folder, and removes a temporary one. Never rejects: a failed removal is logged. */
  readonly close: () => Promise<void>;
}

const temporaryPrefix = "stream-csv-";
const ownUid = process.getuid?.();

/**
 * Opens the spool in the given folder, or in a new temporary one. Temporary folders that killed servers of this user
 * left are removed: those of other containers later, when they have been watched for long enough. A new folder is
 * accessible only to this user.
 * @throws StreamCsvError `SCSV_SPOOL_UNUSABLE` when the folder can't be created or written to, or another server uses
 *   it
 */
export async function openSpoolFolder(
  settings: SpoolSettings,
  log: Logger,
  clock: Clock,
  signal?: AbortSignal,
): Promise<SpoolFolder> {
  const { spoolDirectory: named, spoolBytes: limitBytes } = settings;
  const closed = new AbortController();
  let made: string | undefined;
  let locked: LockedFolder | undefined;
  const close = async (): Promise<void> => {
    closed.abort();
    try {
      if (made !== undefined) await removeContents(made);
      await locked?.leave();
      if (made !== undefined) await rm(made, { recursive: true, force: true });
    } catch (error) {
      log.warn({ err: error, folder: named ?? made }, "the folder of prepared files couldn't be cleaned up");
    }
  };
  try {
    const directory = named ?? (made = await makeTemporaryFolder(closed.signal));
    await makeFolder(directory);
    const onWait = (holder: LockHolder | undefined): void =>
      log.warn(
        { folder: directory, holder: holder === undefined ? null : { pid: holder.pid, host: holder.host } },
        `the folder of prepared files may be in use by another server; watching it for at most ${lockTimes.patienceMs / 1000} s`,
      );
    const lock = await lockFolder(directory, ownUid, lockTimes, signal, onWait);
    const folder = (locked = new LockedFolder(directory, named === null, lock));
    const spool = await Spool.open({
      directory,
      limitBytes,
      uid: ownUid,
      newId: randomUUID,
      wallMs: () => clock.wallMs(),
      requireFolder: () => folder.require(),
      onTrouble: (fault) => log.error({ err: fault, folder: directory }, "prepared files are in trouble"),
    });
    return { directory, spool, close };
  } catch (cause) {
    await close();
    signal?.throwIfAborted();
    if (cause instanceof StreamCsvError) throw cause;
    const where = named === null ? `a new folder in "${tmpdir()}"` : `the folder "${named}"`;
    const hint = "Name another one with --spool-dir.";
    const message = `Prepared files can't be kept in ${where}: ${toError(cause).message}.`;
    throw new StreamCsvError("SCSV_SPOOL_UNUSABLE", message, { cause, hint });
  }
}

/** A folder locked by this process. If somebody removes it, it is created and locked again. */
class LockedFolder {
  readonly #directory: string;
  readonly #isTemporary: boolean;
  #lock: FolderLock;
  #making: Promise<boolean> | undefined;

  constructor(directory: string, isTemporary: boolean, lock: FolderLock) {
    this.#directory = directory;
    this.#isTemporary = isTemporary;
    this.#lock = lock;
  }

  /** Makes sure that the folder exists and is locked; true if it had to be created or locked again. */
  async require(): Promise<boolean> {
    this.#making ??= this.#make().finally(() => (this.#making = undefined));
    return await this.#making;
  }

  async leave(): Promise<void> {
    await this.#lock.release();
  }

  async #make(): Promise<boolean> {
    try {
      if (await this.#lock.isHeld()) return false;
      await this.#lock.release();
      await makeFolder(this.#directory);
      // In a shared folder such as /tmp, another user may have created a folder of that name first.
      if (this.#isTemporary && !(await isOwnFolder(this.#directory)))
        throw new Error(`"${this.#directory}" belongs to another user now`);
      // A client is waiting, so a lock that may be alive counts as alive.
      this.#lock = await lockFolder(this.#directory, ownUid, atFirstLook);
      return true;
    } catch (cause) {
      throw toRequestFault(cause);
    }
  }
}

/** The lock's error is meant for the operator: it names the folder and the remedy. Clients must see neither. */
function toRequestFault(cause: unknown): StreamCsvError {
  if (!(cause instanceof StreamCsvError)) return spoolFault(cause);
  const message = "The folder of prepared files was removed or taken by another server.";
  const hint = "Use delivery=streaming, or try again later.";
  return new StreamCsvError("SCSV_SPOOL_UNUSABLE", message, { cause, hint, retryAfterSeconds: 30 });
}

/** Like `mkdir -p`. Node's `recursive` option never ends if a folder can't contain another one, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  const make = (): Promise<void> => mkdir(folder, { mode: 0o700 });
  try {
    await make();
  } catch (error) {
    if (isCodedError(error) && error.code === "EEXIST") return;
    const parent = dirname(folder);
    if (!isCodedError(error) || error.code !== "ENOENT" || existsSync(parent)) throw error;
    await makeFolder(parent);
    await make();
  }
}

/** Makes a temporary folder, and removes those that dead servers left. `closed` ends the removal. */
async function makeTemporaryFolder(closed: AbortSignal): Promise<string> {
  const isOurs = new RegExp(`^${temporaryPrefix}[A-Za-z0-9]{6}$`);
  for (const name of (await readdir(tmpdir())).filter((entry) => isOurs.test(entry))) {
    const folder = join(tmpdir(), name);
    if (!(await isRemoved(folder, atFirstLook, closed))) neverRejects(isRemoved(folder, lockTimes, closed));
  }
  return await mkdtemp(join(tmpdir(), temporaryPrefix));
}

/** Removes a folder that a dead server left. A leftover folder must not keep a server from starting. */
async function isRemoved(folder: string, times: LockTimes, closed: AbortSignal): Promise<boolean> {
  try {
    if (!(await isOwnFolder(folder)) || !(await isAbandoned(folder, ownUid, times, closed))) return false;
    await removeContents(folder);
    await rm(folder, { recursive: true, force: true });
    return true;
  } catch {
    // The folder may be gone meanwhile, or contain files of another user; or this server stops.
    return false;
  }
}

/**
 * Removes what is in a temporary folder, except its locks. They are removed last, because the next server knows by them what to
 * remove, should this process be killed meanwhile.
 */
async function removeContents(folder: string): Promise<void> {
  // Removing the folder itself says why it can't be listed.
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!isLockName(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Whether a folder belongs to this user and is not a link, by which another user could redirect the removal. */
async function isOwnFolder(folder: string): Promise<boolean> {
  const stats = await lstat(folder);
  return stats.isDirectory() && (ownUid === undefined || stats.uid === ownUid);
}
