import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { toolEnvironment } from "../../bench/subject/process/run-tool.ts";
import { endWithUs } from "./children.ts";

/** The compiled program, as a user would run it. */
export const cliPath = fileURLToPath(new URL("../../bin/stream-csv.js", import.meta.url));

/** The result of a program that has ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running program. */
export interface RunningCli {
  readonly process: ChildProcessWithoutNullStreams;
  /** Resolves when it has ended and its output is complete. */
  readonly ended: Promise<Ended>;
  /** Its standard error so far. */
  stderr(): string;
}

/** How a program is started; other settings are those of this process. */
export interface StartOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A command with arguments that runs another program, such as `unshare --mount`. */
  readonly under?: readonly string[];
}

/** Starts the program with arguments. */
export function startCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): RunningCli {
  return startProgram([cliPath, ...args], { env });
}

/** Starts Node with arguments; the first is the program. */
export function startProgram(
  args: readonly string[],
  { cwd, env, under = [] }: StartOptions = {},
): RunningCli {
  const [command = process.execPath, ...rest] = [...under, process.execPath, ...args];
  const child = spawn(command, rest, { cwd, env: childEnvironment(env) });
  endWithUs(child);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([exitCode, signal]): Ended => ({
    exitCode,
    signal,
    stdout,
    stderr,
  }));
  return { process: child, ended, stderr: () => stderr };
}

/**
 * The environment of children: without variables of a git hook or an `npm run` around the tests, and without a
 * pipeline's summary file, to which tests must not write.
 */
export function childEnvironment(
  env: Readonly<Record<string, string>> = {},
): Record<string, string | undefined> {
  const { GITHUB_STEP_SUMMARY: _, ...inherited } = toolEnvironment(process.env);
  return { ...inherited, ...env };
}

/**
 * Whether other programs used so much of this machine that a run correctly refused to judge; then there is nothing to
 * test.
 */
export function isMachineTaken(stderr: string): boolean {
  return /A round could not be trusted/.test(stderr);
}

/** Runs the program to its end. */
export async function runCli(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return await startProgram([cliPath, ...args], options).ended;
}

/** A running server, and how to stop it. */
export interface ServeProcess extends RunningCli, AsyncDisposable {
  readonly url: string;
  /** The log lines so far, parsed. */
  log(): readonly Readonly<Record<string, unknown>>[];
  /** Resolves with the first log line that matches. */
  logged(
    fits: (line: Readonly<Record<string, unknown>>) => boolean,
  ): Promise<Readonly<Record<string, unknown>>>;
}

/** Starts `stream-csv serve` on a free port and waits until it is ready. */
export async function startServe(
  args: readonly string[] = [],
  options: StartOptions = {},
): Promise<ServeProcess> {
  const cli = startProgram([cliPath, "serve", "--port", "0", "--log-format", "json", ...args], options);
  const url = await new Promise<string>((resolve, reject) => {
    cli.process.stdout.once("data", (text: string) => resolve(text.trim().replace("listening on ", "")));
    void cli.ended.then((end) => reject(new Error(`serve ended before it was ready: ${end.stderr}`)));
  });
  const log = (): readonly Readonly<Record<string, unknown>>[] =>
    cli
      .stderr()
      .split("\n")
      .filter((line) => line.startsWith("{") && line.endsWith("}"))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    ...cli,
    url,
    log,
    async logged(fits) {
      for (;;) {
        const found = log().find(fits);
        if (found !== undefined) return found;
        await once(cli.process.stderr, "data");
      }
    },
    async [Symbol.asyncDispose]() {
      if (cli.process.exitCode !== null || cli.process.signalCode !== null) return;
      cli.process.kill("SIGTERM");
      await cli.ended;
    },
  };
}
