import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { realpath, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { StreamCsvError } from "../../../src/ground.ts";
import { endAtExit } from "../process/end-at-exit.ts";
import { runTool, toolEnvironment, type ToolRun } from "../process/run-tool.ts";
import { makeTemporaryFolder } from "../process/make-temporary-folder.ts";

/** How to get another version. */
export interface GitVersionOptions {
  /** A folder in a working tree. */
  readonly cwd: string;
  /** Stops the work and removes what was made. */
  readonly signal: AbortSignal;
  /** Called with what is done next. */
  readonly onProgress?: (label: string) => void;
}

/** A commit that is checked out beside the working tree. */
export interface GitWorktree {
  /** The full hash of its commit. */
  readonly sha: string;
  /** The working tree, and the one beside it. */
  readonly root: string;
  readonly tree: string;
  /** The folder in it that corresponds to the one that was given. */
  readonly folder: string;
  /** Removes its files and its entry in the repository; resolves also when some of it is already gone. */
  readonly remove: () => Promise<void>;
}

/**
 * Checks out a commit into a temporary `git worktree`. The working tree is not touched, and may have changes.
 * @throws StreamCsvError `SCSV_VERSION_UNAVAILABLE` with git's last lines; nothing is left behind then
 */
export async function addWorktree(
  ref: string,
  { cwd, signal, onProgress }: GitVersionOptions,
): Promise<GitWorktree> {
  onProgress?.(`looking for ${ref}`);
  if (!existsSync(cwd)) throw unavailable(`The folder "${cwd}" does not exist`);
  const root = await repositoryOf(cwd, signal);
  const sha = await git(
    ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`],
    `"${ref}" is not a commit of the repository ${root}`,
    { cwd, signal },
  );
  const temporary = await realpath(await makeTemporaryFolder("stream-csv-version-"));
  const tree = join(temporary, "tree");
  // --force twice: git locks a tree while it checks it out, and keeps the lock when it is interrupted. `prune` would also
  // remove the entries of other trees whose folders are not there at the moment.
  const removeEntry = ["git", "worktree", "remove", "--force", "--force", tree] as const;
  const keep = endAtExit(() => {
    rmSync(temporary, { recursive: true, force: true });
    spawnSync(removeEntry[0], removeEntry.slice(1), { cwd: root, env: toolEnvironment(process.env) });
  });
  const remove = async (): Promise<void> => {
    await rm(temporary, { recursive: true, force: true });
    // Not with the signal of the run: the entry has to be removed after an interruption, too.
    await runTool(removeEntry, { cwd: root, signal: new AbortController().signal });
    keep();
  };
  try {
    onProgress?.(`checking out ${ref}`);
    await git(
      // Without the hooks of the repository, which are not meant for this tree.
      ["-c", "core.hooksPath=/dev/null", "worktree", "add", "--detach", tree, sha],
      `${ref} could not be checked out`,
      { cwd, signal },
    );
    return { sha, root, tree, folder: join(tree, relative(root, await realpath(cwd))), remove };
  } catch (fault) {
    await remove();
    throw fault;
  }
}

/**
 * The root of the repository. Git refuses one that belongs to another user, which is another fault than a missing
 * repository.
 */
async function repositoryOf(cwd: string, signal: AbortSignal): Promise<string> {
  const run = await runTool(["git", "rev-parse", "--show-toplevel"], { cwd, signal });
  if (run.isGood) return run.stdout;
  if (/dubious ownership/.test(run.lastLines)) {
    throw unavailable(
      `Git does not trust the repository at "${cwd}", because it belongs to another user; run: git config --global --add safe.directory "${await realpath(cwd)}"`,
      run.lastLines,
    );
  }
  throw unavailable(`"${cwd}" is not in a git repository`, run.lastLines);
}

/** Runs git and returns what it prints; an error says what that means, and quotes git. */
async function git(
  args: readonly string[],
  meaning: string,
  options: { readonly cwd: string; readonly signal: AbortSignal },
): Promise<string> {
  const run = await runTool(["git", ...args], options);
  requireGood(run, meaning);
  return run.stdout;
}

/** @throws StreamCsvError `SCSV_VERSION_UNAVAILABLE` with the tool's last lines unless it succeeded */
export function requireGood({ isGood, lastLines }: ToolRun, meaning: string, hint?: string): void {
  if (!isGood) throw unavailable(meaning, lastLines, hint);
}

/** The error for a version that can't be had. */
export function unavailable(meaning: string, lastLines = "", hint?: string): StreamCsvError {
  const words = lastLines === "" ? "." : `. The last lines: ${lastLines}`;
  return new StreamCsvError(
    "SCSV_VERSION_UNAVAILABLE",
    `${meaning}${words}`,
    hint === undefined ? {} : { hint },
  );
}
