import { existsSync } from "node:fs";
import { join } from "node:path";
import { runTool } from "../process/run-tool.ts";
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

const install = "npm ci --no-audit --no-fund";
const build = "npm run build --if-present";

/**
 * Prepares a folder: by the command that was given, else by `npm ci` where there is a `package-lock.json`, and the build
 * script where there is one. Without either nothing is done.
 * @throws StreamCsvError `SCSV_VERSION_UNAVAILABLE` with the last lines of what failed
 */
export async function setUp({ folder, command, what, signal, onProgress }: SetUpOptions): Promise<void> {
  const isLocked = existsSync(join(folder, "package-lock.json"));
  const usual = [
    ...(isLocked ? [install] : []),
    ...(existsSync(join(folder, "package.json")) ? [build] : []),
  ];
  for (const line of command === null ? usual : [command]) {
    onProgress?.(`setting up ${what}: ${line}`);
    const run = await runTool(["sh", "-c", line], { cwd: folder, signal });
    requireGood(run, `The setup of ${what}, "${line}", failed`);
  }
}
