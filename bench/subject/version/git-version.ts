import { existsSync } from "node:fs";
import { readFile, realpath, symlink } from "node:fs/promises";
import { join, relative } from "node:path";
import { StreamCsvError } from "../../../src/ground.ts";
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
import { runTool } from "../process/run-tool.ts";
import { nearestWith } from "./nearest-with.ts";
import { addWorktree, requireGood, unavailable, type GitVersionOptions } from "./git-worktree.ts";

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
  const { sha, root, tree, remove } = await addWorktree(ref, options);
  try {
    const packageFolder = nearestWith("package.json", await realpath(cwd), root);
    if (packageFolder === null) {
      throw noProgram(`There is no package.json in "${cwd}" or above it`);
    }
    const there = join(tree, relative(root, packageFolder));
    const description = await describePackage(there, ref);
    const program = programOf(description);
    if (program === null) throw noProgram(`${ref} has no program "stream-csv"`);
    await install({ ref, root, tree, packageFolder, there }, options);
    if (description.scripts?.["build"] !== undefined) {
      onProgress?.(`building ${ref}`);
      requireGood(
        await runTool(["npm", "run", "build"], { cwd: there, signal }),
        `${ref} could not be built`,
      );
    }
    if (!existsSync(join(there, program)))
      throw unavailable(`${ref} has no program "stream-csv" at ${program}, even after its build`);
    return { sha, cli: [process.execPath, join(there, program)], remove };
  } catch (fault) {
    await remove();
    throw fault;
  }
}

/** Somebody who gates a server of their own has not said which. */
function noProgram(meaning: string): StreamCsvError {
  const hint =
    "Without a target it is stream-csv itself that is compared, in a checkout of it. Name your server with --target, or in bench.targets of the configuration.";
  return new StreamCsvError("SCSV_VERSION_UNAVAILABLE", `${meaning}.`, { hint });
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
