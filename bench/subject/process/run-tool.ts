import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

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
}

const keptLines = 12;

/**
 * Runs git, npm or another tool to its end. Its environment has none of the variables by which a git hook or `npm run`
 * around this process would make it act on another folder, and none of our Node options.
 * @throws the signal's reason when it aborts first; the tool and everything it started have then ended
 */
export async function runTool(
  [file, ...args]: readonly [string, ...string[]],
  { cwd, signal }: ToolOptions,
): Promise<ToolRun> {
  signal.throwIfAborted();
  // A group of its own, because npm starts shells that start compilers.
  const child = spawn(file, args, {
    cwd,
    env: toolEnvironment(process.env),
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end = (): void => endGroup(child);
  signal.addEventListener("abort", end, { once: true });
  process.once("exit", end);
  try {
    const lines: string[] = [];
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        if (line.trim() !== "") lines.push(line);
        if (lines.length > keptLines) lines.shift();
      });
    }
    const isGood = await once(child, "close").then(
      () => child.exitCode === 0,
      (fault: unknown) => {
        lines.push(String(fault));
        return false;
      },
    );
    signal.throwIfAborted();
    return { isGood, stdout: stdout.trim(), lastLines: lines.join("\n") };
  } finally {
    signal.removeEventListener("abort", end);
    process.off("exit", end);
  }
}

/** Variables that `npm run` and git hooks set for their children; npm and git would work in our own folder with them. */
const foreign =
  /^(GIT_(DIR|WORK_TREE|INDEX_FILE|COMMON_DIR|PREFIX|NAMESPACE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES)|npm_(lifecycle|package)_.*|npm_config_local_prefix|npm_command|INIT_CWD|NODE_OPTIONS)$/i;

/** An environment for tools, with the running Node first in the path, so that both versions are built by the same one. */
export function toolEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.test(name)));
  const folder = process.execPath.replace(/[/\\][^/\\]*$/, "");
  return { ...own, PATH: [folder, env["PATH"] ?? ""].join(":"), GIT_TERMINAL_PROMPT: "0" };
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It ended just before the kill.
  }
}
