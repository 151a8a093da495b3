import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { StreamCsvError } from "../../../src/ground.ts";
import { untilAnswered } from "../../probe/until-answered.ts";
import { endTree } from "./end-tree.ts";

/** A server that was started as a process of its own. */
export interface ServerProcess {
  /** `http://HOST:PORT`. */
  readonly origin: string;
  /** Its first process; its descendants belong to it too. */
  readonly pid: number;
  /** The last lines it wrote to standard error. */
  lastWords(): string;
  /** Ends it and every process it started; resolves when none is left, and never rejects. */
  stop(): Promise<void>;
}

/** How to start a server, and how it shows that it is ready. */
export interface ServerProcessOptions {
  /** A program with its arguments, or a line for the shell. */
  readonly command: readonly [string, ...string[]] | string;
  /** Matches the line of standard output that says it is ready; its first group is the origin. */
  readonly readyLine?: RegExp;
  /** An address that has to answer, with any status; a path when the origin comes from the ready line. */
  readonly answersAt?: URL | string;
  /** @default 15000 */
  readonly readyTimeoutMs?: number;
  readonly signal: AbortSignal;
}

const keptErrorLines = 12;

/**
 * Starts a server as a process of its own and waits until it says that it is ready, or answers. When it does not, or the
 * signal aborts first, nothing of it is left running.
 * @throws StreamCsvError `SCSV_TARGET_NOT_READY` with its last lines when it ends, or does not get ready in time
 */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { command, signal } = options;
  signal.throwIfAborted();
  // A shell gets a process group of its own, so that everything it starts can be ended together.
  const child =
    typeof command === "string"
      ? spawn(command, { shell: true, detached: true, stdio: ["ignore", "pipe", "pipe"] })
      : spawn(command[0], command.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
  const errorLines = lastLines(child);
  const stop = stopper(child, typeof command === "string");
  try {
    const origin = await readyOrigin(child, options, errorLines);
    return { origin, pid: child.pid ?? 0, lastWords: () => errorLines.join("\n"), stop };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

/** Waits until it is ready, the process ends, the time is over or the signal aborts, whichever comes first. */
async function readyOrigin(
  child: ChildProcess,
  options: ServerProcessOptions,
  errorLines: readonly string[],
): Promise<string> {
  const { command, readyTimeoutMs = 15_000, signal } = options;
  const line = typeof command === "string" ? command : command.join(" ");
  const notReady = (what: string, cause?: unknown): StreamCsvError => {
    const words =
      errorLines.length === 0 ? "It wrote nothing to standard error." : `It wrote: ${errorLines.join("\n")}`;
    return new StreamCsvError("SCSV_TARGET_NOT_READY", `"${line}" ${what}. ${words}`, { cause });
  };
  const waiting = new AbortController();
  const limited = AbortSignal.any([signal, waiting.signal]);
  try {
    return await Promise.race([
      readiness(child, options, limited),
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

/** Its origin, once it has shown that it is ready. */
async function readiness(
  child: ChildProcess,
  { readyLine, answersAt }: ServerProcessOptions,
  signal: AbortSignal,
): Promise<string> {
  const announced = originFrom(child, readyLine);
  const origin = readyLine === undefined ? undefined : await announced;
  if (answersAt === undefined) return origin ?? "";
  const url = new URL(answersAt, origin);
  await untilAnswered(url, signal);
  return url.origin;
}

/** The origin in the ready line; never settles without one. All other output is read and dropped. */
function originFrom(child: ChildProcess, readyLine: RegExp | undefined): Promise<string> {
  return new Promise((resolve) => {
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const origin = readyLine?.exec(line)?.[1];
      if (origin !== undefined) resolve(origin);
    });
  });
}

/** The last lines of standard error. It is always read, because a full pipe would stop the server. */
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
function stopper(child: ChildProcess, isGroup: boolean): () => Promise<void> {
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    // Without a process, because its program is missing, there is only this event.
    child.once("error", () => resolve());
  });
  // When this process exits early, the server is killed first.
  const killOnExit = (): void => {
    if (isGroup && child.pid !== undefined) {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // The group has ended already.
      }
    } else child.kill("SIGKILL");
  };
  process.once("exit", killOnExit);
  let stopping: Promise<void> | undefined;
  return () => {
    stopping ??= endTree(child, { ended, isGroup }).finally(() => process.off("exit", killOnExit));
    return stopping;
  };
}
