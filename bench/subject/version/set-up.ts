import { existsSync } from "node:fs";
import { join } from "node:path";
import { runTool } from "../process/run-tool.ts";
import { nearestWith } from "./nearest-with.ts";
import { requireGood } from "./git-worktree.ts";

/** How a folder is prepared before a command runs in it. */
export interface SetUpOptions {
  readonly folder: string;
  /** A line for the shell; null for what Node packages usually need. */
  readonly command: string | null;
  /** What is prepared, for messages: `git:main`. */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (label: string) => void;
}

const setupHint =
  "Run it by hand in a checkout of that version. It has to install what the version needs into its own folder, and to end with 0.";
const install = "npm ci --no-audit --no-fund";
const build = "npm run build --if-present";

/**
 * Prepares a folder: by the command that was given, else by `npm ci` where there is a `package-lock.json`, in the folder or
 * above it in its checkout as in a workspace, and by the build script where there is one. Without either nothing is done.
 * @throws StreamCsvError `SCSV_VERSION_UNAVAILABLE` with the last lines of what failed
 */
export async function setUp({ folder, command, what, signal, onProgress }: SetUpOptions): Promise<void> {
  for (const step of command === null ? usualSteps(folder) : [{ line: command, cwd: folder }]) {
    onProgress?.(`setting up ${what}: ${step.line}`);
    const run = await runTool(["sh", "-c", step.line], { cwd: step.cwd, signal });
    requireGood(run, `The setup of ${what}, "${step.line}", failed`, setupHint);
  }
}

function usualSteps(folder: string): readonly { readonly line: string; readonly cwd: string }[] {
  const checkout = nearestWith(".git", folder, "/") ?? folder;
  const locked = nearestWith("package-lock.json", folder, checkout);
  return [
    ...(locked === null ? [] : [{ line: install, cwd: locked }]),
    ...(existsSync(join(folder, "package.json")) ? [{ line: build, cwd: folder }] : []),
  ];
}
