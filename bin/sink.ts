import { randomBytes } from "node:crypto";
import { constants, openSync } from "node:fs";
import { open, realpath, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { Socket } from "node:net";
import { basename, dirname, join } from "node:path";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

/** Where the text of an export goes. */
export interface Sink {
  write(chunk: Uint8Array): Promise<void>;
  /** Makes what was written final. */
  finish(): Promise<void>;
  /** Undoes what was written, as far as it can be. */
  abandon(): Promise<void>;
}

/** What stands for standard output where a file is named. */
export const standardOutput = "-";

/**
 * Opens what a path names: standard output, a file, or a device or pipe that is there already.
 * A file is written beside its place and renamed when it is whole; a device or pipe is written to as it comes.
 * Aborting `signal` ends the wait for somebody who reads the pipe.
 * @throws Error that quotes the path and says why it can't be written
 */
export async function openSink(
  path: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<Sink> {
  if (path === standardOutput) return standardOutputSink();
  requireName(path);
  try {
    const stats = await stat(path).catch(noneIfMissing);
    if (stats === undefined) return await fileSink(path);
    if (stats.isDirectory()) throw new Error("it is a folder");
    if (stats.isFIFO()) return await pipeSink(path, signal);
    // A link stays a link: what is replaced is the file behind it.
    return stats.isFile()
      ? await fileSink(await realpath(path), stats.mode)
      : deviceSink(await open(path, "w"));
  } catch (cause) {
    signal.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`"${path}" can't be written: ${reason}. Name a file in a folder that exists.`, { cause });
  }
}

/** @throws Error for a path that names nothing, as an empty variable of a shell makes it */
export function requireName(path: string): void {
  if (path === "")
    throw new Error('"" can\'t be written: it names no file. Name a file in a folder that exists.');
}

/** Whether an error only says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return hasCode(error, "ENOENT");
}

/** Whether an error only says that nobody reads any more, as after `| head`. */
export function isClosedPipe(error: unknown): boolean {
  return hasCode(error, "EPIPE");
}

function standardOutputSink(): Sink {
  return {
    write: writerTo(process.stdout),
    finish: () => Promise.resolve(),
    abandon: () => Promise.resolve(),
  };
}

/**
 * A named pipe. Never through a file handle: whatever waits for a reader there holds a thread of its own, and a program
 * with such a thread can't end.
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

/** Opens a pipe once somebody has it open for reading; until then the system says ENXIO (fifo(7)). */
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
  // A write's own callback tells of its failure; without a listener the same error would end the process.
  stream.on("error", () => undefined);
  return (chunk) =>
    new Promise((resolve, reject) => {
      stream.write(chunk, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(error);
      });
    });
}

/**
 * A file, with the permissions of the one that it replaces. It is written under a name that no other run has: what a
 * killed one left behind, whose process id may be the same in a container, is in nobody's way.
 */
async function fileSink(path: string, mode?: number): Promise<Sink> {
  const partial = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.part`);
  const file = await open(partial, "wx", mode);
  return {
    write: (chunk) => file.writeFile(chunk),
    finish: async () => {
      // The mask of the process has taken from what was asked for.
      if (mode !== undefined) await file.chmod(mode);
      await file.sync();
      await file.close();
      await rename(partial, path);
    },
    abandon: async () => {
      await closeOnce(file);
      await rm(partial, { force: true });
    },
  };
}

function deviceSink(file: FileHandle): Sink {
  return {
    write: (chunk) => file.writeFile(chunk),
    finish: () => file.close(),
    abandon: () => closeOnce(file),
  };
}

/** Closes a file that finishing may have closed before it failed. */
async function closeOnce(file: FileHandle): Promise<void> {
  if (file.fd >= 0) await file.close();
}

function noneIfMissing(error: unknown): undefined {
  if (isMissing(error)) return undefined;
  throw error;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
