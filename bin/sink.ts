import { open, realpath, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

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
 * A file is written beside its place and renamed when it is whole; a device is written to as it comes.
 * @throws Error that quotes the path and says why it can't be written
 */
export async function openSink(path: string): Promise<Sink> {
  if (path === standardOutput) return standardOutputSink();
  try {
    const stats = await stat(path).catch(noneIfMissing);
    if (stats === undefined) return await fileSink(path);
    if (stats.isDirectory()) throw new Error("it is a folder");
    // A link stays a link: what is replaced is the file behind it.
    return stats.isFile() ? await fileSink(await realpath(path)) : deviceSink(await open(path, "w"));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`"${path}" can't be written: ${reason}. Name a file in a folder that exists.`, { cause });
  }
}

/** Whether an error only says that nobody reads any more, as after `| head`. */
export function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}

function standardOutputSink(): Sink {
  // A write's own callback tells of its failure; without a listener the same error would end the process.
  process.stdout.on("error", () => undefined);
  return {
    write: (chunk) =>
      new Promise((resolve, reject) => {
        process.stdout.write(chunk, (error) => {
          if (error === null || error === undefined) resolve();
          else reject(error);
        });
      }),
    finish: () => Promise.resolve(),
    abandon: () => Promise.resolve(),
  };
}

async function fileSink(path: string): Promise<Sink> {
  const partial = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  const file = await open(partial, "wx");
  return {
    write: (chunk) => file.writeFile(chunk),
    finish: async () => {
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
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
  throw error;
}
