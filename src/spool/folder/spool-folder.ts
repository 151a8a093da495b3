import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { isCodedError, StreamCsvError, toError } from "../../errors.ts";
import { spoolFault } from "../spool-fault.ts";
import { Spool } from "../spool.ts";
import { isAbandoned, lockFolder, lockTimes, type FolderLock } from "./folder-lock.ts";

/** Where a spool is, and how large it may become. */
export interface SpoolSettings {
  /** Null for a temporary folder of the server's own, removed when it stops. */
  readonly spoolDirectory: string | null;
  readonly spoolBytes: number;
}

/** A spool in a folder that no other server uses. */
export interface SpoolFolder {
  readonly spool: Spool;
  /** Gives the folder back; one of the server's own is removed. Never rejects: what can't be removed is logged. */
  readonly close: () => Promise<void>;
}

const temporaryPrefix = "stream-csv-";
const ownUid = process.getuid?.();

/**
 * Opens the spool in the folder that is named, or in a temporary one of the server's own; temporary ones of this user's
 * servers that were killed are removed first. A folder that is made here is for this user alone.
 * @throws StreamCsvError `SCSV_SPOOL_UNUSABLE` when the folder can't be made or written to, or another server has it
 */
export async function openSpoolFolder(
  settings: SpoolSettings,
  log: Logger,
  clock: Clock,
  signal?: AbortSignal,
): Promise<SpoolFolder> {
  const { spoolDirectory: named, spoolBytes: limitBytes } = settings;
  try {
    const directory = named ?? (await makeTemporaryFolder());
    await makeFolder(directory);
    const place = new Place(
      directory,
      named === null,
      await lockFolder(directory, ownUid, lockTimes, signal),
    );
    const close = async (): Promise<void> => {
      try {
        await place.leave();
        if (named === null) await rm(directory, { recursive: true, force: true });
      } catch (error) {
        log.warn({ err: error, folder: directory }, "the folder of prepared files couldn't be tidied up");
      }
    };
    try {
      const spool = await Spool.open({
        directory,
        limitBytes,
        uid: ownUid,
        newId: randomUUID,
        wallMs: () => clock.wallMs(),
        requireFolder: () => place.require(),
        onTrouble: (fault) => log.error({ err: fault, folder: directory }, "prepared files are in trouble"),
      });
      return { spool, close };
    } catch (error) {
      await close();
      throw error;
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof StreamCsvError) throw cause;
    const where = named === null ? `a new folder in "${tmpdir()}"` : `the folder "${named}"`;
    const hint = "Name another one with --spool-dir.";
    const message = `Prepared files can't be kept in ${where}: ${toError(cause).message}.`;
    throw new StreamCsvError("SCSV_SPOOL_UNUSABLE", message, { cause, hint });
  }
}

/** A folder that is this process's own, and is made and locked again when somebody has removed it. */
class Place {
  readonly #directory: string;
  readonly #isTemporary: boolean;
  #lock: FolderLock;
  #making: Promise<boolean> | undefined;

  constructor(directory: string, isTemporary: boolean, lock: FolderLock) {
    this.#directory = directory;
    this.#isTemporary = isTemporary;
    this.#lock = lock;
  }

  /** Makes sure that the folder is there and locked; true when it had to be made or locked again. */
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
      // Where everybody may write, another user may have made one of that name first.
      if (this.#isTemporary && !(await isOwnFolder(this.#directory)))
        throw new Error(`"${this.#directory}" belongs to another user now`);
      // A client waits, so a lock that may be alive counts as alive.
      this.#lock = await lockFolder(this.#directory, ownUid, { ...lockTimes, patienceMs: 0 });
      return true;
    } catch (cause) {
      throw toRequestFault(cause);
    }
  }
}

/** A fault of the lock names the folder and what to do at the start; clients are told neither. */
function toRequestFault(cause: unknown): StreamCsvError {
  if (!(cause instanceof StreamCsvError)) return spoolFault(cause);
  const message = "The folder of prepared files was removed or taken by another server.";
  const hint = "Ask with delivery=streaming, or try again later.";
  return new StreamCsvError("SCSV_SPOOL_UNUSABLE", message, { cause, hint, retryAfterSeconds: 30 });
}

/** As `mkdir -p` does; Node's own recursion never ends where a folder can't hold another, as in /proc. */
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

async function makeTemporaryFolder(): Promise<string> {
  const isOurs = new RegExp(`^${temporaryPrefix}[A-Za-z0-9]{6}$`);
  for (const name of (await readdir(tmpdir())).filter((entry) => isOurs.test(entry))) {
    const folder = join(tmpdir(), name);
    try {
      if ((await isOwnFolder(folder)) && (await isAbandoned(folder, ownUid)))
        await rm(folder, { recursive: true, force: true });
    } catch {
      // It may have gone meanwhile, or hold what isn't this user's. What is left behind never keeps a server from starting.
    }
  }
  return await mkdtemp(join(tmpdir(), temporaryPrefix));
}

/** Whether a folder is this user's own, and no link: another user could lead the removal elsewhere. */
async function isOwnFolder(folder: string): Promise<boolean> {
  const stats = await lstat(folder);
  return stats.isDirectory() && (ownUid === undefined || stats.uid === ownUid);
}
