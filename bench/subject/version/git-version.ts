import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { readFile, realpath, rm, symlink } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import {
  object,
  optional,
  parseJson,
  pipe,
  record,
  safeParse,
  string,
  union,
  type InferOutput,
} from "valibot";
import { StreamCsvError } from "../../../src/ground.ts";
import { runTool, toolEnvironment, type ToolRun } from "../process/run-tool.ts";
import { makeTemporaryFolder } from "../process/make-temporary-folder.ts";

/** How to get another version. */
export interface GitVersionOptions {
  /** A folder of the package in a working tree. */
  readonly cwd: string;
  /** Stops the work and removes what was made. */
  readonly signal: AbortSignal;
  /** Called with what is done next. */
  readonly onProgress?: (label: string) => void;
}

/** Another version of this package, built and ready to be started. */
export interface GitVersion {
  /** The full hash of its commit. */
  readonly sha: string;
  /** Program and arguments that start its `stream-csv`. */
  readonly cli: readonly [string, ...string[]];
  /** Removes its files and its entry in the repository; resolves also when some of it is already gone. */
  remove(): Promise<void>;
}

/**
 * Checks out a commit beside the working tree, installs what it needs and builds it.
 *
 * The working tree is not touched. It may have changes, and is measured as it is built on disk. The other version gets a
 * temporary `git worktree`. When both have the same lock file, it uses the same `node_modules`, so that both versions run
 * on the same dependencies and nothing is downloaded. Otherwise `npm ci` installs them without running their scripts. Its
 * own build script runs, so only name versions whose code may run on this machine.
 * @throws StreamCsvError `SCSV_VERSION_UNAVAILABLE` with the tool's last lines; nothing is left behind then
 */
export async function checkOutVersion(ref: string, options: GitVersionOptions): Promise<GitVersion> {
  const { cwd, signal, onProgress } = options;
  const git = gitIn(cwd, signal);
  onProgress?.(`looking for ${ref}`);
  const root = await git(["rev-parse", "--show-toplevel"], `"${cwd}" is not in a git repository`);
  const sha = await git(
    ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`],
    `"${ref}" is not a commit of the repository ${root}`,
  );
  const packageFolder = nearestWith("package.json", await realpath(cwd), root);
  if (packageFolder === null) {
    throw unavailable(`There is no package.json in "${cwd}" or above it, so there is nothing to build`);
  }
  const temporary = await realpath(await makeTemporaryFolder("stream-csv-version-"));
  const tree = join(temporary, "tree");
  // --force twice: git locks a tree while it checks it out, and keeps the lock when it is interrupted. `prune` would also
  // remove the entries of other trees whose folders are not there at the moment.
  const removeEntry = ["git", "worktree", "remove", "--force", "--force", tree] as const;
  const removeAtExit = (): void => {
    rmSync(temporary, { recursive: true, force: true });
    spawnSync(removeEntry[0], removeEntry.slice(1), { cwd: root, env: toolEnvironment(process.env) });
  };
  process.once("exit", removeAtExit);
  const remove = async (): Promise<void> => {
    await rm(temporary, { recursive: true, force: true });
    // Not with the signal of the run: the entry has to be removed after an interruption, too.
    await runTool(removeEntry, { cwd: root, signal: new AbortController().signal });
    process.off("exit", removeAtExit);
  };
  try {
    onProgress?.(`checking out ${ref}`);
    await git(
      // Without the hooks of the repository, which are not meant for this tree.
      ["-c", "core.hooksPath=/dev/null", "worktree", "add", "--detach", tree, sha],
      `${ref} could not be checked out`,
    );
    const there = join(tree, relative(root, packageFolder));
    const description = await describePackage(there, ref);
    await install({ ref, root, tree, packageFolder, there }, options);
    if (description.scripts?.["build"] !== undefined) {
      onProgress?.(`building ${ref}`);
      requireGood(
        await runTool(["npm", "run", "build"], { cwd: there, signal }),
        `${ref} could not be built`,
      );
    }
    const program = programOf(description);
    if (program === null || !existsSync(join(there, program))) {
      throw unavailable(
        `${ref} has no program "stream-csv"${program === null ? "" : ` at ${program}`}, even after its build`,
      );
    }
    return { sha, cli: [process.execPath, join(there, program)], remove };
  } catch (fault) {
    await remove();
    throw fault;
  }
}

interface Folders {
  readonly ref: string;
  readonly root: string;
  readonly tree: string;
  /** The package in the working tree, and the same in the other version. */
  readonly packageFolder: string;
  readonly there: string;
}

/** Uses the dependencies of the working tree when they are the same, else installs those of the lock file. */
async function install(
  { ref, root, tree, packageFolder, there }: Folders,
  { signal, onProgress }: GitVersionOptions,
): Promise<void> {
  const ours = nearestWith(lockName, packageFolder, root);
  const theirs = nearestWith(lockName, there, tree);
  const isSame =
    ours !== null &&
    theirs !== null &&
    (await readFile(join(ours, lockName))).equals(await readFile(join(theirs, lockName)));
  if (isSame) {
    const modules = join(ours, "node_modules");
    if (existsSync(modules)) {
      await symlink(await realpath(modules), join(theirs, "node_modules"), "dir");
      return;
    }
  }
  onProgress?.(`installing the dependencies of ${ref}`);
  const how = theirs === null ? ["install", "--no-package-lock"] : ["ci"];
  requireGood(
    await runTool(["npm", ...how, "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: theirs ?? there,
      signal,
    }),
    `The dependencies of ${ref} could not be installed`,
  );
}

const lockName = "package-lock.json";

const packageSchema = object({
  bin: optional(union([string(), record(string(), string())])),
  scripts: optional(record(string(), string())),
});
type PackageDescription = InferOutput<typeof packageSchema>;
const packageText = pipe(string(), parseJson(), packageSchema);

async function describePackage(folder: string, ref: string): Promise<PackageDescription> {
  const file = join(folder, "package.json");
  if (!existsSync(file)) throw unavailable(`${ref} has no package.json where the working tree has one`);
  const found = safeParse(packageText, await readFile(file, "utf8"));
  if (found.success) return found.output;
  throw unavailable(`The package.json of ${ref} can't be read: ${found.issues[0].message}`);
}

function programOf({ bin }: PackageDescription): string | null {
  return typeof bin === "string" ? bin : (bin?.["stream-csv"] ?? null);
}

/** Runs git and returns what it prints; an error says what that means, and quotes git. */
function gitIn(
  cwd: string,
  signal: AbortSignal,
): (args: readonly string[], meaning: string) => Promise<string> {
  return async (args, meaning) => {
    if (!existsSync(cwd)) throw unavailable(`The folder "${cwd}" does not exist`);
    const run = await runTool(["git", ...args], { cwd, signal });
    requireGood(run, meaning);
    return run.stdout;
  };
}

function requireGood({ isGood, lastLines }: ToolRun, meaning: string): void {
  if (!isGood) throw unavailable(meaning, lastLines);
}

function unavailable(meaning: string, lastLines = ""): StreamCsvError {
  const words = lastLines === "" ? "." : `. The last lines: ${lastLines}`;
  return new StreamCsvError("SCSV_VERSION_UNAVAILABLE", `${meaning}${words}`);
}

/** The nearest folder that holds a file, from one folder up to another. */
function nearestWith(file: string, from: string, upTo: string): string | null {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, file))) return folder;
    if (folder === upTo || folder === dirname(folder)) return null;
  }
}
