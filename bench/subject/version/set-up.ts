import { existsSync } from "node:fs";
import { join } from "node:path";
import { runTool, setupEnvironment } from "../process/run-tool.ts";
import { withoutPasswords } from "../without-passwords.ts";
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
  /** Variables beside those of this process. @default none */
  readonly env?: Readonly<Record<string, string>>;
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
export async function setUp(options: SetUpOptions): Promise<void> {
  const { folder, command, what, signal, onProgress } = options;
  const env = { ...setupEnvironment(process.env), ...options.env };
  for (const step of command === null ? usualSteps(folder) : [{ line: command, cwd: folder }]) {
    const shown = withoutPasswords(step.line);
    onProgress?.(`setting up ${what}: ${shown}`);
    const run = await runTool(["sh", "-c", step.line], { cwd: step.cwd, signal, env });
    requireGood(run, `The setup of ${what}, "${shown}", failed`, setupHint);
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
