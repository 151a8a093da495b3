import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isCodedError, StreamCsvError, toError } from "../../errors.ts";
import { Spool } from "../../spool/spool.ts";
import type { ServerSettings } from "../settings.ts";
import { isAbandoned, lockFolder } from "./folder-lock.ts";

/** A spool in a folder that no other server uses. */
export interface SpoolFolder {
  readonly spool: Spool;
  /** Gives the folder back; one of the server's own is removed. */
  readonly close: () => Promise<void>;
}

const temporaryPrefix = "stream-csv-";

/**
 * Opens the spool in the folder that is named, or in a temporary one of the server's own; temporary ones of servers that
 * were killed are removed first.
 * @throws StreamCsvError `SCSV_SPOOL_UNUSABLE` when the folder can't be made or written to, or another server has it
 */
export async function openSpoolFolder(
  settings: Pick<ServerSettings, "spoolDirectory" | "spoolBytes">,
): Promise<SpoolFolder> {
  const { spoolDirectory: named, spoolBytes } = settings;
  try {
    const folder = named ?? (await makeTemporaryFolder());
    await makeFolder(folder);
    const lock = await lockFolder(folder);
    const close = async (): Promise<void> => {
      if (named === null) await rm(folder, { recursive: true, force: true });
      else await lock.release();
    };
    try {
      return { spool: await Spool.open(folder, spoolBytes), close };
    } catch (error) {
      await close();
      throw error;
    }
  } catch (cause) {
    if (cause instanceof StreamCsvError) throw cause;
    const where = named === null ? `a new folder in ${tmpdir()}` : `the folder "${named}"`;
    const hint = "Name another one with --spool-dir.";
    const message = `Prepared files can't be kept in ${where}: ${toError(cause).message}.`;
    throw new StreamCsvError("SCSV_SPOOL_UNUSABLE", message, { cause, hint });
  }
}

/** As `mkdir -p` does; Node's own recursion never ends where a folder can't hold another, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (isCodedError(error) && error.code === "EEXIST") return;
    const parent = dirname(folder);
    if (!isCodedError(error) || error.code !== "ENOENT" || existsSync(parent)) throw error;
    await makeFolder(parent);
    await mkdir(folder);
  }
}

async function makeTemporaryFolder(): Promise<string> {
  const isOurs = new RegExp(`^${temporaryPrefix}[A-Za-z0-9]{6}$`);
  for (const name of (await readdir(tmpdir())).filter((entry) => isOurs.test(entry))) {
    const folder = join(tmpdir(), name);
    try {
      if (await isAbandoned(folder)) await rm(folder, { recursive: true, force: true });
    } catch {
      // One of another user can't be read or removed. What others left behind never keeps a server from starting.
    }
  }
  return await mkdtemp(join(tmpdir(), temporaryPrefix));
}
