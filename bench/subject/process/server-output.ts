import { chmodSync, closeSync, fstatSync, openSync, readSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { makeTemporaryFolder } from "./temporary-folder.ts";

const keptLines = 10;
const keptBytes = 16 * 1024;

/** A temporary file that takes both outputs of a server. */
export interface ServerOutput {
  /** The descriptor for both outputs. */
  readonly descriptor: number;
  /** The last lines that were written. */
  lastLines(): readonly string[];
  /** Removes the file; its last lines stay known. */
  remove(): Promise<void>;
}

/**
 * Makes a file for what a server writes. A file can be opened again as `/dev/stdout` or `/dev/stderr`, as logs in
 * containers are; Node's own pipes are sockets, which can't. Nothing has to read it, so a server that logs a lot isn't
 * held up.
 * @throws Error when no temporary folder can be made
 */
export async function makeServerOutput(): Promise<ServerOutput> {
  const folder = await makeTemporaryFolder("stream-csv-output-");
  const file = join(folder, "output.log");
  const descriptor = openSync(file, "a+");
  // A server that gives up its rights opens it again as another user.
  chmodSync(file, 0o666);
  let last: readonly string[] | undefined;
  return {
    descriptor,
    lastLines: () => last ?? readLastLines(descriptor),
    async remove() {
      if (last !== undefined) return;
      last = readLastLines(descriptor);
      closeSync(descriptor);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function readLastLines(descriptor: number): readonly string[] {
  const { size } = fstatSync(descriptor);
  const bytes = Buffer.alloc(Math.min(size, keptBytes));
  const length = readSync(descriptor, bytes, 0, bytes.length, Math.max(0, size - bytes.length));
  const lines = bytes.toString("utf8", 0, length).split("\n");
  return lines.filter((line) => line.trim() !== "").slice(-keptLines);
}
