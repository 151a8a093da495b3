import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** The command line of this repository, as it was built. */
export const streamCsvProgram = fileURLToPath(new URL("../../bin/stream-csv.js", import.meta.url));

/** How a helping program is run. */
export interface ProgramOptions {
  readonly signal: AbortSignal;
  /** @default 300000 */
  readonly timeoutMs?: number;
  /** Added to the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a program to its end and gives what it wrote to both outputs; its exit code other than 0 rejects. */
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

/** What a program says of its version, or null when it can't be run, as one that isn't there. */
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

/** A source that isn't TypeScript and therefore isn't copied to `dist`; found from there. */
export function sourceFile(name: string): string {
  return fileURLToPath(new URL(`../../../dev/peers/${name}`, import.meta.url));
}
