import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { endWithUs } from "../harness/children.ts";
import { cliPath } from "../harness/cli.ts";

/** Whether named pipes can be made here. */
export const noFifos = spawnSync("mkfifo", ["--version"]).error === undefined ? false : "needs mkfifo";

/** Starts a server with the given standard error. */
export async function serveInto(
  t: TestContext,
  standardError: number,
  format: "json" | "pretty",
  files: readonly string[] = [],
): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const args = [cliPath, "serve", "--port", "0", "--queue", "1000", "--log-format", format, ...files];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", standardError] });
  endWithUs(child);
  t.after(() => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout ?? assert.fail(), "data")) as [Buffer];
  return { url: line.toString().trim().replace("listening on ", ""), child };
}

/** A named pipe. */
export interface Fifo {
  /** The folder that it is in, which is removed with it. */
  readonly folder: string;
  readonly path: string;
  readonly remove: () => Promise<void>;
}

/** Makes a named pipe in a folder of its own. */
export async function makeFifo(): Promise<Fifo> {
  const folder = await mkdtemp(join(tmpdir(), "stuck-log-"));
  const path = join(folder, "fifo");
  spawnSync("mkfifo", [path]);
  return { folder, path, remove: () => rm(folder, { recursive: true }) };
}

/** Asks a server to stop, and gives its exit code. */
export async function exitCodeOf(child: ChildProcess): Promise<number | null> {
  const exited = once(child, "exit") as Promise<[number | null]>;
  child.kill("SIGTERM");
  return (await exited)[0];
}
