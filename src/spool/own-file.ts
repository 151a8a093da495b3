import { constants, type BigIntStats } from "node:fs";
import { lstat, open } from "node:fs/promises";
import { isCodedError } from "../errors.ts";

/** Longer than any lock or sidecar. */
const usualNoteBytes = 4096;

/**
 * Reads a short text file that this user wrote. Undefined if it doesn't exist, or is a link, a pipe, a device, a
 * large file or a file of another user; none of these is ever followed or blocks.
 */
export async function readOwnNote(
  path: string,
  uid: number | undefined,
  mostBytes = usualNoteBytes,
): Promise<string | undefined> {
  // lstat comes first, because opening a device can have side effects. fstat detects a change in between.
  if ((await ownFileStats(path, uid)) === undefined) return undefined;
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    noneIfMissing,
  );
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat({ bigint: true });
    return isOwnFile(stats, uid) && stats.size <= mostBytes ? await handle.readFile("utf8") : undefined;
  } finally {
    await handle.close();
  }
}

/** The stats of a regular file of this user; undefined if there is none at that path. */
export async function ownFileStats(path: string, uid: number | undefined): Promise<BigIntStats | undefined> {
  const stats = await lstat(path, { bigint: true }).catch(noneIfMissing);
  return stats !== undefined && isOwnFile(stats, uid) ? stats : undefined;
}

function isOwnFile(stats: BigIntStats, uid: number | undefined): boolean {
  return stats.isFile() && (uid === undefined || Number(stats.uid) === uid);
}

const missing: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ELOOP"]);

function noneIfMissing(error: unknown): undefined {
  if (isCodedError(error) && missing.has(error.code)) return undefined;
  throw error;
}
