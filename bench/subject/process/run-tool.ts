import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { lastLinesOf } from "./last-lines.ts";

/** The outcome of a tool, and what it wrote. */
export interface ToolRun {
  readonly isGood: boolean;
  readonly stdout: string;
  /** The last lines of both outputs, in the order they came. */
  readonly lastLines: string;
}

/** How a tool is run. */
export interface ToolOptions {
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** @default {@link toolEnvironment} of this process */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** What a tool wrote right before its end is read after that. */
const outputGraceMs = 200;

/**
 * Runs git, npm or another tool to its end. By default its environment has none of the variables by which a git hook or
 * `npm run` around this process would make it act on another folder, and none of our Node options. What it leaves in the
 * background isn't waited for, though that may still hold its outputs open, as a database does that a setup starts.
 * @throws the signal's reason when it aborts first; the tool and everything it started have then ended
 */
export async function runTool(
  [file, ...args]: readonly [string, ...string[]],
  { cwd, signal, env = toolEnvironment(process.env) }: ToolOptions,
): Promise<ToolRun> {
  signal.throwIfAborted();
  // A group of its own, because npm starts shells that start compilers.
  const child = spawn(file, args, {
    cwd,
    env: { ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end = (): void => endGroup(child);
  signal.addEventListener("abort", end, { once: true });
  process.once("exit", end);
  try {
    let stdout = "";
    const lastLines = lastLinesOf(child.stdout, child.stderr);
    child.stdout.on("data", (text: string) => (stdout += text));
    let unstarted = "";
    const isGood = await outputEnd(child).then(
      () => child.exitCode === 0,
      (fault: unknown) => {
        unstarted = String(fault);
        return false;
      },
    );
    signal.throwIfAborted();
    return {
      isGood,
      stdout: stdout.trim(),
      lastLines: [...lastLines(), ...(unstarted === "" ? [] : [unstarted])].join("\n"),
    };
  } finally {
    signal.removeEventListener("abort", end);
    process.off("exit", end);
    for (const stream of [child.stdout, child.stderr]) drain(stream);
  }
}

/** Resolves when a tool has ended and its output has been read; rejects when it could not be started. */
async function outputEnd(child: ChildProcess): Promise<void> {
  await Promise.race([
    once(child, "close"),
    once(child, "exit").then(() => sleep(outputGraceMs, undefined, { ref: false })),
  ]);
}

/** Goes on reading what processes in the background write, which a full pipe would stop, and doesn't wait for their end. */
function drain(stream: Readable): void {
  stream.removeAllListeners("data").resume();
  if (stream instanceof Socket) stream.unref();
}

/** Variables that `npm run` and git hooks set for their children; npm and git would work in our own folder with them. */
const foreign =
  /^(GIT_(DIR|WORK_TREE|INDEX_FILE|COMMON_DIR|PREFIX|NAMESPACE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES)|npm_(lifecycle|package)_.*|npm_config_local_prefix|npm_command|INIT_CWD|NODE_OPTIONS)$/i;

type Variables = Readonly<Record<string, string | undefined>>;

/** An environment for tools, with the running Node first in the path, so that both versions are built by the same one. */
export function toolEnvironment(env: Variables): Record<string, string | undefined> {
  return { ...withoutForeign(env), PATH: [nodeFolder(), env["PATH"] ?? ""].join(":") };
}

/**
 * An environment for the setup of a server of others: programs are found where the server's own command finds them. The
 * folder of the running Node comes last, because there may be another Python beside it.
 */
export function setupEnvironment(env: Variables): Record<string, string | undefined> {
  return { ...withoutForeign(env), PATH: [env["PATH"] ?? "", nodeFolder()].filter(Boolean).join(":") };
}

function withoutForeign(env: Variables): Record<string, string | undefined> {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.test(name)));
  return { ...own, GIT_TERMINAL_PROMPT: "0" };
}

function nodeFolder(): string {
  return process.execPath.replace(/[/\\][^/\\]*$/, "");
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It ended just before the kill.
  }
}
