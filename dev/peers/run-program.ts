import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** The built command line program of this repository. */
export const streamCsvProgram = fileURLToPath(new URL("../../bin/stream-csv.js", import.meta.url));

/** Options for running a program. */
export interface ProgramOptions {
  readonly signal: AbortSignal;
  /** @default 300000 */
  readonly timeoutMs?: number;
  /** Variables in addition to the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a program to its end and returns both outputs; rejects for an exit code other than 0. */
export async function runProgram(
  [file, ...args]: readonly [string, ...string[]],
  { signal, timeoutMs = 300_000, environment }: ProgramOptions,
): Promise<string> {
  const env = { ...process.env, ...environment };
  const { stdout, stderr } = await execute(file, args, {
    signal,
    timeout: timeoutMs,
    env,
    maxBuffer: 64 * 1024 ** 2,
  });
  return stdout + stderr;
}

/** The version that a program prints, or null if it can't be run. */
export async function askVersion(
  command: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<string | null> {
  try {
    return (await runProgram(command, { signal, timeoutMs: 20_000 })).trim();
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

/** The path of a source that isn't TypeScript and therefore isn't in `dist`. */
export function sourceFile(name: string): string {
  return fileURLToPath(new URL(`../../../dev/peers/${name}`, import.meta.url));
}
