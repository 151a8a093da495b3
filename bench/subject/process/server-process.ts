import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import {
  eitherSignal,
  isCodedError,
  messageOf,
  StreamCsvError,
  type FaultDetails,
} from "../../../src/ground.ts";
import { portOf } from "../../http/port-of.ts";
import { portsOf } from "../../probe/listener.ts";
import { processTree, stillRunning } from "../../probe/process-tree.ts";
import { answerText, askOnce, isReadyAnswer, untilReady, type ProbeAnswer } from "../../probe/until-ready.ts";
import { endAtExit } from "./end-at-exit.ts";
import { endMarked, endTree, killMarked } from "./end-tree.ts";
import { lastErrorLines, lastWordsOf, originFrom } from "./server-lines.ts";
import { makeServerOutput } from "./server-output.ts";
import { startedMarker, type StartedMarker } from "./started-marker.ts";

/** A server that was started as a process of its own. */
export interface ServerProcess {
  /** `http://HOST:PORT`. */
  readonly origin: string;
  /** Its first process; its descendants belong to it too. */
  readonly pid: number;
  /**
   * What else belonged to it when it was ready. These count with all they start also when their parents end before them: below
   * a shell that ends, or as a daemon that has left the tree.
   */
  readonly members: readonly number[];
  /** Whether it has ended by itself, and the last lines it wrote to standard output and standard error. */
  lastWords(): string;
  /** Ends it and every process it started; resolves when none is left, and never rejects. */
  stop(): Promise<void>;
}

/** How to start a server, and how it shows that it is ready. */
export interface ServerProcessOptions {
  /** A program with its arguments, or a line for the shell. */
  readonly command: readonly [string, ...string[]] | string;
  /**
   * How messages name the command.
   * @default the command itself
   */
  readonly title?: string;
  /** @default the folder of this process */
  readonly cwd?: string;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Matches the line of standard output that says it is ready; its first group is the origin. */
  readonly readyLine?: RegExp;
  /**
   * Addresses of which one has to answer with a status below 500; a path when the origin comes from the ready line.
   * Messages name the first.
   */
  readonly answersAt?: readonly URL[] | string;
  /** Header fields it is asked with. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Another address, which is asked once when it was not ready in time; a message says when that answers. */
  readonly elsewhere?: URL | null;
  /** @default 15000 */
  readonly readyTimeoutMs?: number;
  readonly signal: AbortSignal;
}

/** A server that starts. */
interface Starting {
  readonly child: ChildProcess;
  readonly options: ServerProcessOptions;
  readonly lastLines: () => readonly string[];
  /** Resolves when what it wrote before its end is among the last lines. */
  readonly settle: () => Promise<void>;
}

const usualHint = "Start it by hand to see why.";
const slowHint = "Start it by hand to see why. If it needs longer, allow that with --ready-timeout.";
/** A command that succeeds at once has most likely left its server to another process. */
const foregroundHint =
  "If it starts a server in the background, such as docker run -d, systemctl start, pm2 start or gunicorn --daemon, write a command that keeps the server in the foreground.";

/**
 * Starts a server as a process of its own and waits until it says that it is ready, or answers. When it does not, or the
 * signal aborts first, nothing of it is left running.
 * @throws StreamCsvError `SCSV_TARGET_NOT_READY` with its last lines when it ends, or does not get ready in time
 */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { command, signal, cwd, env } = options;
  signal.throwIfAborted();
  const isShell = typeof command === "string";
  // Only a program of ours is known to write its ready line, to open no output of its own, and to keep its environment.
  const output = isShell ? await makeServerOutput() : null;
  const marker = startedMarker(output?.path);
  const stdio: StdioOptions = output?.stdio ?? ["ignore", "pipe", "pipe"];
  const settings = {
    stdio,
    env: { ...process.env, ...env, ...marker.env },
    ...(cwd === undefined ? {} : { cwd }),
  };
  // A shell gets a process group of its own, so that everything it starts can be ended together.
  const child = isShell
    ? spawn(command, { ...settings, shell: true, detached: true })
    : spawn(command[0], command.slice(1), settings);
  const lastLines = output === null ? lastErrorLines(child) : () => output.lastLines();
  const end = stopper(child, isShell);
  const keep = endAtExit(() => killMarked(marker));
  const stop = async (): Promise<void> => {
    await end();
    await endMarked(marker);
    await output?.close();
    keep();
  };
  try {
    const settle = (): Promise<void> => output?.settle() ?? Promise.resolve();
    const origin = await readyOrigin({ child, options, lastLines, settle });
    const pid = child.pid ?? 0;
    const members = isShell ? await membersOf(pid, marker) : [];
    return { origin, pid, members, lastWords: () => lastWordsOf(child, lastLines()), stop };
  } catch (fault) {
    const started = await processTree(child.pid ?? 0);
    await stop();
    throw withLeft(fault, child.pid === undefined ? [] : await stillRunning(started));
  }
}

/** An error that also names the processes that could not be ended. */
function withLeft(fault: unknown, left: readonly number[]): unknown {
  if (left.length === 0 || !(fault instanceof StreamCsvError)) return fault;
  const what = left.length === 1 ? "Process" : "Processes";
  return new StreamCsvError(
    fault.code,
    `${fault.message} ${what} ${left.join(", ")} of it could not be ended, as of another user behind sudo: end by hand what still runs.`,
    { cause: fault, hint: fault.hint },
  );
}

/** The processes that a command has started, and that run now, in its tree and outside of it. */
async function membersOf(pid: number, marker: StartedMarker): Promise<readonly number[]> {
  const [tree, marked] = await Promise.all([processTree(pid), marker.find()]);
  return [...new Set([...tree, ...marked])].filter((member) => member !== pid);
}

/** Waits until it is ready, the process ends, the time is over or the signal aborts, whichever comes first. */
async function readyOrigin({ child, options, lastLines, settle }: Starting): Promise<string> {
  const { command, readyTimeoutMs = 15_000, signal } = options;
  const title = options.title ?? (typeof command === "string" ? command : command.join(" "));
  const notReady = (what: string, { hint = usualHint }: FaultDetails = {}): StreamCsvError => {
    const lines = lastLines();
    const words = lines.length === 0 ? "It wrote nothing." : `It wrote: ${lines.join("\n")}`;
    return new StreamCsvError("SCSV_TARGET_NOT_READY", `"${title}" ${what}. ${words}`, { hint });
  };
  const waiting = new AbortController();
  const limited = eitherSignal(signal, waiting.signal);
  let lastAnswer: ProbeAnswer | null = null;
  try {
    return await Promise.race([
      readiness(child, options, limited, (answer) => (lastAnswer = answer)),
      once(child, "close", { signal: limited }).then(async ([code, killedBy]) => {
        await settle();
        throw notReady(
          `ended before it was ready, with ${code === null ? String(killedBy) : `exit code ${code}`}`,
          code === 0 ? { hint: foregroundHint } : {},
        );
      }),
      sleep(readyTimeoutMs, undefined, { signal: limited }).then(async () => {
        throw notReady(
          `was not ready after ${readyTimeoutMs / 1000} s${await waitedFor(child, options, lastAnswer)}`,
          { hint: slowHint },
        );
      }),
    ]);
  } catch (fault) {
    signal.throwIfAborted();
    throw fault instanceof StreamCsvError ? fault : notStarted(title, command, fault);
  } finally {
    waiting.abort();
  }
}

/** A command that isn't a line for the shell is another version, in whose place people write the name of a commit. */
function notStarted(title: string, command: ServerProcessOptions["command"], cause: unknown): StreamCsvError {
  const program = typeof command === "string" ? command : command[0];
  const isMissing = isCodedError(cause) && cause.code === "ENOENT";
  const reason = isMissing ? `there is no program "${program}"` : messageOf(cause);
  const hint = isMissing
    ? `Write the path of a program. For a commit, tag or branch write --against git:${program}.`
    : usualHint;
  return new StreamCsvError("SCSV_TARGET_NOT_READY", `"${title}" could not be started: ${reason}.`, {
    cause,
    hint,
  });
}

/** Which address was asked, what came of it, and whether another one answers. */
async function waitedFor(
  child: ChildProcess,
  { answersAt, elsewhere = null, headers = {}, signal }: ServerProcessOptions,
  last: ProbeAnswer | null,
): Promise<string> {
  const [first] = typeof answersAt === "string" ? [] : (answersAt ?? []);
  if (first === undefined) return "";
  const asked = `: ${first.href} ${last === null ? "gave no answer" : answerText(last)}`;
  const isThere = elsewhere !== null && isReadyAnswer(await askOnce(elsewhere, { signal, headers }));
  if (isThere) return `${asked}, but ${elsewhere.href} answers: write that address`;
  const ports = await portsOf(await processTree(child.pid ?? 0));
  if (ports.length === 0 || ports.includes(portOf(first))) return asked;
  return `${asked}, but it listens on port ${ports.join(" and ")}: let the command and the address have the same port, such as {port}`;
}

/** Its origin, once it has shown that it is ready. */
async function readiness(
  child: ChildProcess,
  { readyLine, answersAt, headers = {} }: ServerProcessOptions,
  signal: AbortSignal,
  onAnswer: (answer: ProbeAnswer) => void,
): Promise<string> {
  const origin = readyLine === undefined ? undefined : await originFrom(child, readyLine);
  if (answersAt === undefined) return origin ?? "";
  const urls = typeof answersAt === "string" ? [new URL(answersAt, origin)] : answersAt;
  return (await untilReady(urls, { signal, headers }, onAnswer)).origin;
}

/** A function that ends the process and its descendants; called again, it waits for the same end. */
function stopper(child: ChildProcess, isGroup: boolean): () => Promise<void> {
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    // Without a process, because its program is missing, there is only this event.
    child.once("error", () => resolve());
  });
  // When this process exits early, the server is killed first.
  const keep = endAtExit(() => {
    if (isGroup && child.pid !== undefined) killNow(-child.pid);
    else child.kill("SIGKILL");
  });
  let stopping: Promise<void> | undefined;
  return () => {
    stopping ??= endTree(child, { ended, isGroup }).finally(keep);
    return stopping;
  };
}

function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
