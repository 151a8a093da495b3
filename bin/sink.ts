import { randomBytes } from "node:crypto";
import { constants, openSync } from "node:fs";
import { open, readlink, realpath, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { Socket } from "node:net";
import { basename, dirname, join, resolve as resolvePath } from "node:path";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../src/ground.ts";

/** A destination for the text of an export. Errors of a file, device or pipe quote its path. */
export interface Sink {
  write(chunk: Uint8Array): Promise<void>;
  /** Completes the output. */
  finish(): Promise<void>;
  /** Removes the output, as far as possible. It never rejects, so that the reason for giving it up isn't lost. */
  abandon(): Promise<void>;
}

/** The file name that means standard output. */
export const standardOutput = "-";

/**
 * Opens standard output, a file, or an existing device or pipe. A file is written under a temporary name and renamed
 * when it is complete; a device or pipe is written directly. Aborting `signal` ends the wait for a reader of the
 * pipe.
 * @throws Error that quotes the path and says why it can't be written
 */
export async function openSink(
  path: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<Sink> {
  if (path === standardOutput) return standardOutputSink();
  requireName(path);
  try {
    return quotingPath(path, await openNamed(path, signal));
  } catch (cause) {
    signal.throwIfAborted();
    throw unwritable(path, cause);
  }
}

async function openNamed(path: string, signal: AbortSignal): Promise<Sink> {
  const stats = await stat(path).catch(noneIfMissing);
  if (stats?.isDirectory() === true) throw folderFault();
  if (stats?.isFIFO() === true) return await pipeSink(path, signal);
  return stats === undefined || stats.isFile()
    ? await fileSink(await targetOf(path), stats?.mode)
    : deviceSink(await open(path, "w"));
}

/** The file that is replaced or made for a path, which stays a link if it is one, also to a file that is missing. */
export async function targetOf(path: string): Promise<string> {
  // What isn't a link is an error here. Whatever else is wrong with the path, opening it says.
  const target = await readlink(path).catch(() => undefined);
  return target === undefined ? path : await targetOf(resolvePath(await realpath(dirname(path)), target));
}

/** A sink whose errors quote its path. That a reader closed a pipe isn't the path's fault. */
function quotingPath(path: string, sink: Sink): Sink {
  const quoting = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (cause) {
      throw isClosedPipe(cause) ? cause : unwritable(path, cause);
    }
  };
  return {
    write: (chunk) => quoting(sink.write(chunk)),
    finish: () => quoting(sink.finish()),
    abandon: () => sink.abandon(),
  };
}

/** Says why a path can't be written, and what to do. */
export function unwritable(path: string, cause: unknown): Error {
  const whatToDo = remedyOf(cause) ?? "Name a file in a folder that exists.";
  return new Error(`"${path}" can't be written: ${messageOf(cause)}. ${whatToDo}`, { cause });
}

/** What to do about an error of writing; undefined where only the output's name tells. */
export function remedyOf(cause: unknown): string | undefined {
  const codes = Object.keys(advice).filter((code) => hasCode(cause, code));
  return codes.map((code) => advice[code])[0];
}

/** The error of a path that is a folder, which opening it for writing would give too late. */
export function folderFault(): Error {
  return Object.assign(new Error("it is a folder"), { code: "EISDIR" });
}

/** What to do about errors of a file system that the name alone doesn't cause. */
const advice: Readonly<Record<string, string>> = {
  EACCES: "Name a file in a folder where this user may create files.",
  EPERM: "Name a file in a folder where this user may create files.",
  EROFS: "Name a file on a disk that isn't read-only.",
  ENOSPC: "Make space on its disk, or name a file on another.",
  EDQUOT: "Make space within this user's quota, or name a file on another disk.",
  EFBIG: "Raise the limit of a file's size, or name a file that ends in .gz.",
  EIO: "Look at its disk, or name a file on another.",
  EISDIR: "Name a file in it.",
  ENAMETOOLONG: "Give it a shorter name.",
  ELOOP: "Its links lead back to themselves; name a file.",
};

/** @throws Error for an empty path, as an unset shell variable gives it */
export function requireName(path: string): void {
  if (path === "")
    throw new Error('"" can\'t be written: the name is empty. Name a file in a folder that exists.');
}

/** Whether an error means that the file doesn't exist. */
export function isMissing(error: unknown): boolean {
  return hasCode(error, "ENOENT");
}

/** A reader closed the pipe to which a sink writes. Sources have errors with the code `EPIPE` too, which are failures. */
class ClosedPipe extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

function asClosedPipe(error: unknown): unknown {
  return error instanceof Error && hasCode(error, "EPIPE") ? new ClosedPipe(error) : error;
}

/** Whether an error means that the reader closed the pipe, as `| head` does. */
export function isClosedPipe(error: unknown): boolean {
  return error instanceof ClosedPipe;
}

function standardOutputSink(): Sink {
  return {
    write: writerTo(process.stdout),
    finish: () => Promise.resolve(),
    abandon: () => Promise.resolve(),
  };
}

/**
 * A named pipe. It isn't opened as a file handle, because waiting for a reader would block a thread of Node's pool,
 * and the program couldn't end.
 */
async function pipeSink(path: string, signal: AbortSignal): Promise<Sink> {
  const socket = new Socket({ fd: await openPipe(path, signal), readable: false, writable: true });
  return {
    write: writerTo(socket),
    finish: () => new Promise((resolve) => socket.end(resolve)),
    abandon: () => {
      socket.destroy();
      return Promise.resolve();
    },
  };
}

/** Opens a pipe once it has a reader; until then opening fails with ENXIO (fifo(7)). */
async function openPipe(path: string, signal: AbortSignal): Promise<number> {
  for (;;) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (!hasCode(error, "ENXIO")) throw error;
      await sleep(50, undefined, { signal });
    }
  }
}

function writerTo(stream: Writable): Sink["write"] {
  // The write's callback reports a failure; without a listener the same error would end the process.
  stream.on("error", () => undefined);
  return (chunk) =>
    new Promise((resolve, reject) => {
      stream.write(chunk, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(asClosedPipe(error));
      });
    });
}

/**
 * A file, with the permissions of the one it replaces. Its temporary name is random, so that the leftover of a killed
 * run never blocks it; in a container both may have the same process id. It is cut, since a file system takes names of
 * 255 bytes.
 */
async function fileSink(path: string, mode?: number): Promise<Sink> {
  const partial = join(
    dirname(path),
    `.${basename(path).slice(0, 48)}.${randomBytes(6).toString("hex")}.part`,
  );
  const file = await open(partial, "wx", mode);
  return {
    write: (chunk) => file.writeFile(chunk),
    finish: async () => {
      // The umask has reduced the requested permissions.
      if (mode !== undefined) await file.chmod(mode);
      await file.sync();
      await file.close();
      await rename(partial, path);
    },
    abandon: async () => {
      await giveUp(file);
      await rm(partial, { force: true }).catch(() => undefined);
    },
  };
}

/** A device, or a pipe of the shell, such as `/dev/fd/63`. */
function deviceSink(file: FileHandle): Sink {
  return {
    write: async (chunk) => {
      try {
        await file.writeFile(chunk);
      } catch (error) {
        throw asClosedPipe(error);
      }
    },
    finish: () => file.close(),
    abandon: () => giveUp(file),
  };
}

/** Closes a file unless `finish` has closed it already. On a disk that is full or gone, closing may fail as writing did. */
async function giveUp(file: FileHandle): Promise<void> {
  if (file.fd >= 0) await file.close().catch(() => undefined);
}

function noneIfMissing(error: unknown): undefined {
  if (isMissing(error)) return undefined;
  throw error;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
