import { spawnSync, type StdioOptions } from "node:child_process";
import { chmodSync, closeSync, constants, openSync, realpathSync } from "node:fs";
import { rm } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lastLinesOf } from "./last-lines.ts";
import { makeTemporaryFolder } from "./make-temporary-folder.ts";
import { markDescriptor } from "./started-marker.ts";

/** What a process wrote right before its end is read after that. */
const settleMs = 30;

/** Takes both outputs of a server. */
export interface ServerOutput {
  /** The path of the pipe, without links. */
  readonly path: string;
  /** What the process gets: no input, the pipe for both outputs, and as the file by which what it starts is known. */
  readonly stdio: StdioOptions;
  /** The last lines that were written. */
  lastLines(): readonly string[];
  /** Resolves when what an ended process wrote has been read. */
  settle(): Promise<void>;
  /** Closes it; the last lines stay known. */
  close(): Promise<void>;
}

/**
 * Makes a pipe with a name for what a server writes. It can be opened again as `/dev/stdout` or `/dev/stderr`, as servers
 * in containers do with their logs. Node's own pipes are sockets, which can't be opened, and a file would be emptied by
 * every `> /dev/stderr`.
 * @throws Error when it can't be made
 */
export async function makeServerOutput(): Promise<ServerOutput> {
  const folder = await makeTemporaryFolder("stream-csv-output-");
  const pipe = join(folder, "output");
  const made = spawnSync("mkfifo", [pipe]);
  if (made.status !== 0) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(`No pipe can be made in "${folder}": ${made.error?.message ?? made.stderr.toString()}`);
  }
  // A server that gives up its rights opens it again as another user.
  chmodSync(pipe, 0o666);
  // Open for both, so that it doesn't end whenever nobody writes.
  const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  const descriptor = openSync(pipe, constants.O_WRONLY);
  const socket = new Socket({ fd: reader, readable: true, writable: false });
  const lastLines = lastLinesOf(socket);
  let isClosed = false;
  const stdio: StdioOptions = ["ignore", descriptor, descriptor];
  stdio[markDescriptor] = descriptor;
  return {
    path: realpathSync(pipe),
    stdio,
    lastLines,
    settle: () => sleep(settleMs),
    async close() {
      if (isClosed) return;
      isClosed = true;
      socket.destroy();
      closeSync(descriptor);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
