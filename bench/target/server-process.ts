import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { StreamCsvError } from "../../src/index.ts";
import { canSampleProcesses, processTree, stillRunning } from "../probe/process-tree.ts";
import type { RunningTarget } from "./target.ts";

/** How a server is started and known to be ready. */
export interface ServerProcessOptions {
  readonly command: readonly [string, ...string[]];
  /** Matches the line of standard output that tells readiness; its first group is the origin. */
  readonly readyLine: RegExp;
  /** @default 15000 */
  readonly readyTimeoutMs?: number;
  readonly signal: AbortSignal;
}

const keptErrorLines = 12;
/** A server without connections ends in milliseconds; one that doesn't is killed, since it has no work worth keeping. */
const termGraceMs = 3000;
/** How long to watch for descendants that outlive their parent before they are killed one by one. */
const orphanGraceMs = 500;

/**
 * Starts a server as a process of its own and waits until it says that it is ready.
 * When it doesn't, or the signal comes first, nothing of it is left running.
 * @throws StreamCsvError `SCSV_TARGET_NOT_READY` with its last lines when it ends or stays silent
 */
export async function startServerProcess(options: ServerProcessOptions): Promise<RunningTarget> {
  const { command, signal } = options;
  signal.throwIfAborted();
  const [file, ...args] = command;
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
  const errorLines = lastLines(child);
  const stop = stopper(child);
  try {
    const origin = await readyOrigin(child, options, errorLines);
    return { origin, pid: child.pid ?? 0, lastWords: () => errorLines.join("\n"), stop };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

/** Waits for the ready line, the end of the process, the time limit or the signal, whichever comes first. */
async function readyOrigin(
  child: ChildProcess,
  { command, readyLine, readyTimeoutMs = 15_000, signal }: ServerProcessOptions,
  errorLines: readonly string[],
): Promise<string> {
  const notReady = (what: string, cause?: unknown): StreamCsvError => {
    const words =
      errorLines.length === 0 ? "It wrote nothing to standard error." : `It wrote: ${errorLines.join("\n")}`;
    return new StreamCsvError("SCSV_TARGET_NOT_READY", `"${command.join(" ")}" ${what}. ${words}`, { cause });
  };
  const waiting = new AbortController();
  const limited = AbortSignal.any([signal, waiting.signal]);
  try {
    return await Promise.race([
      originFrom(child, readyLine),
      once(child, "close", { signal: limited }).then(([code, killedBy]) => {
        throw notReady(
          `ended before it was ready, with ${code === null ? String(killedBy) : `exit code ${code}`}`,
        );
      }),
      sleep(readyTimeoutMs, undefined, { signal: limited }).then(() => {
        throw notReady(`was not ready after ${readyTimeoutMs} ms`);
      }),
    ]);
  } catch (fault) {
    signal.throwIfAborted();
    throw fault instanceof StreamCsvError ? fault : notReady("could not be started", fault);
  } finally {
    waiting.abort();
  }
}

/** The origin in the ready line; never settles without one. Whatever comes after is read and dropped. */
function originFrom(child: ChildProcess, readyLine: RegExp): Promise<string> {
  return new Promise((resolve) => {
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const origin = readyLine.exec(line)?.[1];
      if (origin !== undefined) resolve(origin);
    });
  });
}

/** The last lines of standard error; always read, since a full pipe would stop the server. */
function lastLines(child: ChildProcess): readonly string[] {
  const lines: string[] = [];
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on("line", (line) => {
      lines.push(line);
      if (lines.length > keptErrorLines) lines.shift();
    });
  }
  return lines;
}

/** A function that ends the process and its descendants; called again, it waits for the same end. */
function stopper(child: ChildProcess): () => Promise<void> {
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    // Without a process, because its program is missing, there is only this event.
    child.once("error", () => resolve());
  });
  // Should this process itself be ended in a hurry, the server goes first.
  const killOnExit = (): void => void child.kill("SIGKILL");
  process.once("exit", killOnExit);
  let stopping: Promise<void> | undefined;
  return () => {
    stopping ??= endTree(child, ended).finally(() => process.off("exit", killOnExit));
    return stopping;
  };
}

async function endTree(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.pid === undefined) return;
  const isRunning = child.exitCode === null && child.signalCode === null;
  const tree = canSampleProcesses && isRunning ? await processTree(child.pid) : [];
  if (isRunning) {
    child.kill("SIGTERM");
    const grace = new AbortController();
    const isLate = await Promise.race([
      ended.then(() => false),
      sleep(termGraceMs, true, { signal: grace.signal }).catch(() => false),
    ]);
    grace.abort();
    if (isLate) child.kill("SIGKILL");
    await ended;
  }
  await endOrphans(tree.slice(1));
  child.stdout?.destroy();
  child.stderr?.destroy();
}

/** Descendants end with their parent, or are ended by their ids, which were noted while it lived. */
async function endOrphans(pids: readonly number[]): Promise<void> {
  for (let waitedMs = 0; waitedMs < orphanGraceMs; waitedMs += 10) {
    if ((await stillRunning(pids)).length === 0) return;
    await sleep(10);
  }
  for (const pid of await stillRunning(pids)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended between the look and the kill.
    }
  }
}
