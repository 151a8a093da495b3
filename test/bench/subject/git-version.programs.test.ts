import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { checkOutVersion, type GitVersion } from "../../../bench/subject/version/git-version.ts";
import { toolEnvironment } from "../../../bench/subject/process/run-tool.ts";
import { StreamCsvError } from "../../../src/index.ts";

const run = promisify(execFile);
const made: string[] = [];
after(async () => {
  for (const path of made) await rm(path, { recursive: true, force: true });
});

/** A folder of its own, so that what a version leaves behind can be seen. */
async function folder(): Promise<string> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "stream-csv-test-")));
  made.push(path);
  return path;
}

type Files = Readonly<Record<string, string>>;

async function write(root: string, files: Files): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
}

function git(root: string, ...args: string[]): string {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
  const env = toolEnvironment(process.env);
  return execFileSync("git", [...identity, ...args], { cwd: root, encoding: "utf8", env }).trim();
}

async function commit(root: string, files: Files, message: string): Promise<string> {
  await write(root, files);
  git(root, "add", "-A");
  git(root, "commit", "-q", "-m", message);
  return git(root, "rev-parse", "HEAD");
}

function lock(version: string): string {
  return JSON.stringify({
    name: "stream-csv",
    version,
    lockfileVersion: 3,
    requires: true,
    packages: { "": { name: "stream-csv", version, bin: { "stream-csv": "dist/cli.js" } } },
  });
}

/** A package whose build writes the program that its source says, as ours does. */
function packageFiles(version: string, build = "node build.js"): Files {
  return {
    "package.json": JSON.stringify({
      name: "stream-csv",
      version,
      bin: { "stream-csv": "dist/cli.js" },
      scripts: { build },
    }),
    "package-lock.json": lock(version),
    "build.js": `const fs = require("fs"); fs.mkdirSync("dist", { recursive: true });
fs.writeFileSync("dist/cli.js", "console.log(" + JSON.stringify(fs.readFileSync("source.txt", "utf8")) + ")");`,
    "source.txt": `version ${version}`,
    ".gitignore": "dist\nnode_modules\n",
  };
}

async function repository(): Promise<{ root: string; first: string }> {
  const root = await folder();
  git(root, "init", "-q", "-b", "main");
  const first = await commit(root, packageFiles("1.0.0"), "first");
  await commit(root, { "source.txt": "version 1.1.0" }, "second");
  return { root, first };
}

const never = new AbortController().signal;

/** What is left of other versions: entries of the repository beside its own tree, and temporary folders. */
function leftovers(root: string): readonly string[] {
  const trees = git(root, "worktree", "list", "--porcelain")
    .split("\n")
    .filter((line) => line.startsWith("worktree "));
  return trees.filter((line) => line !== `worktree ${root}`);
}

async function outputOf({ cli: [program, ...args] }: GitVersion): Promise<string> {
  return (await run(program, args)).stdout.trim();
}

test("checks out, builds and starts another version beside a working tree with changes, and removes it", async () => {
  const { root, first } = await repository();
  await write(root, { "source.txt": "not committed", "node_modules/dependency/index.js": "" });
  const labels: string[] = [];
  const version = await checkOutVersion("HEAD~1", {
    cwd: root,
    signal: never,
    onProgress: (label) => labels.push(label),
  });
  assert.equal(version.sha, first);
  assert.equal(await outputOf(version), "version 1.0.0");
  assert.equal(await readFile(join(root, "source.txt"), "utf8"), "not committed");
  assert.deepEqual(labels, ["looking for HEAD~1", "checking out HEAD~1", "building HEAD~1"]);
  const tree = dirname(dirname(version.cli[1] ?? ""));
  assert.equal((await lstat(join(tree, "node_modules"))).isSymbolicLink(), true);
  assert.equal(leftovers(root).length, 1);
  await version.remove();
  assert.equal(existsSync(tree), false);
  assert.deepEqual(leftovers(root), []);
  assert.equal(existsSync(join(root, "node_modules/dependency/index.js")), true);
  await version.remove();
});

test("a version with another lock file gets dependencies of its own", async () => {
  const { root } = await repository();
  await commit(root, packageFiles("2.0.0"), "third");
  await write(root, { "node_modules/dependency/index.js": "" });
  const labels: string[] = [];
  const version = await checkOutVersion("HEAD~1", {
    cwd: root,
    signal: never,
    onProgress: (label) => labels.push(label),
  });
  try {
    const tree = dirname(dirname(version.cli[1] ?? ""));
    assert.equal(existsSync(join(tree, "node_modules", "dependency")), false);
    assert.ok(labels.includes("installing the dependencies of HEAD~1"));
    assert.equal(await outputOf(version), "version 1.1.0");
  } finally {
    await version.remove();
  }
});

test("works from a folder below the package, and for a package below the repository", async () => {
  const root = await folder();
  git(root, "init", "-q", "-b", "main");
  const inside = Object.fromEntries(
    Object.entries(packageFiles("1.0.0")).map(([name, text]) => [`packages/csv/${name}`, text]),
  );
  await commit(root, { ...inside, "packages/csv/docs/page.md": "", "README.md": "" }, "first");
  const version = await checkOutVersion("main", { cwd: join(root, "packages/csv/docs"), signal: never });
  try {
    assert.match(version.cli[1] ?? "", /tree\/packages\/csv\/dist\/cli\.js$/);
    assert.equal(await outputOf(version), "version 1.0.0");
  } finally {
    await version.remove();
  }
});

async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (fault) {
    assert.ok(fault instanceof StreamCsvError, String(fault));
    assert.equal(fault.code, "SCSV_VERSION_UNAVAILABLE");
    return fault.message;
  }
  throw new assert.AssertionError({ message: "it was not refused" });
}

test("says that a target is missing where the version isn't one of this program, before anything is installed", async () => {
  const { root } = await repository();
  const manifest = JSON.stringify({ name: "shop", scripts: { build: "exit 1" } });
  await commit(root, { "package.json": manifest }, "a server");
  await assert.rejects(checkOutVersion("HEAD", { cwd: root, signal: never }), {
    code: "SCSV_VERSION_UNAVAILABLE",
    message: 'HEAD has no program "stream-csv".',
    hint: /Name your server with --target, or in bench\.targets/,
  });
  assert.deepEqual(leftovers(root), []);
});

test("refuses names that do not exist, and names that look like options, and quotes them", async () => {
  const { root } = await repository();
  for (const ref of ["no-such-branch", "--help", "", "HEAD~9"]) {
    const message = await refusal(checkOutVersion(ref, { cwd: root, signal: never }));
    assert.ok(message.startsWith(`"${ref}" is not a commit of the repository ${root}.`), message);
  }
  assert.deepEqual(leftovers(root), []);
});

test("refuses a folder outside of any repository, and one that does not exist", async () => {
  const outside = await folder();
  assert.match(
    await refusal(checkOutVersion("HEAD", { cwd: outside, signal: never })),
    /is not in a git repository\. .*git repository/s,
  );
  const missing = join(outside, "missing");
  assert.match(
    await refusal(checkOutVersion("HEAD", { cwd: missing, signal: never })),
    /missing" does not exist/,
  );
});

test("a build that fails is reported with its last lines, and leaves nothing behind", async () => {
  const { root } = await repository();
  await commit(
    root,
    packageFiles("1.0.0", "node -e \"console.error('type error in a.ts'); process.exit(2)\""),
    "broken",
  );
  const message = await refusal(checkOutVersion("HEAD", { cwd: root, signal: never }));
  assert.match(message, /^HEAD could not be built\. The last lines: .*type error in a\.ts/s);
  assert.deepEqual(leftovers(root), []);
});

test("a version without the program is refused", async () => {
  const { root } = await repository();
  await commit(root, { "build.js": "" }, "builds nothing");
  await write(root, { "node_modules/x/index.js": "" });
  assert.match(
    await refusal(checkOutVersion("HEAD", { cwd: root, signal: never })),
    /no program "stream-csv" at dist\/cli\.js, even after its build/,
  );
  git(root, "rm", "-q", "package.json");
  git(root, "commit", "-q", "-m", "no package");
  await write(root, { "package.json": "{}" });
  assert.match(
    await refusal(checkOutVersion("HEAD", { cwd: root, signal: never })),
    /HEAD has no package\.json/,
  );
});

/** Checks out HEAD and aborts that as soon as a file is there. */
async function abortOnceThere(root: string, marker: string): Promise<void> {
  const stop = new AbortController();
  const reason = new Error("interrupted by SIGINT");
  const checkingOut = checkOutVersion("HEAD", { cwd: root, signal: stop.signal });
  const watch = setInterval(() => {
    if (existsSync(marker)) stop.abort(reason);
  }, 20);
  await assert.rejects(checkingOut, reason);
  clearInterval(watch);
}

test("an abort during the build ends it with all it started, and leaves nothing behind", async () => {
  const { root } = await repository();
  const marker = join(await folder(), "started");
  // Renamed, so that it is never there without the id in it.
  const telling = `fs.writeFileSync('${marker}.part', String(process.pid)); fs.renameSync('${marker}.part', '${marker}')`;
  const endless = `node -e "const fs = require('fs'); ${telling}; setInterval(() => 0, 1000)"`;
  await commit(root, packageFiles("1.0.0", endless), "endless");
  await write(root, { "node_modules/x/index.js": "" });
  await abortOnceThere(root, marker);
  assert.deepEqual(leftovers(root), []);
  const pid = Number(await readFile(marker, "utf8"));
  const until = performance.now() + 5000;
  while (isRunning(pid) && performance.now() < until)
    await new Promise((resolve) => void setTimeout(resolve, 20));
  assert.equal(isRunning(pid), false);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("an abort during the checkout leaves nothing behind, and does not touch other worktrees", async () => {
  const { root } = await repository();
  const marker = join(await folder(), "started");
  await commit(root, { ".gitattributes": "*.slow filter=slow\n", "a.slow": "a" }, "slow to check out");
  git(root, "config", "filter.slow.smudge", `touch ${marker}; sleep 60; cat`);
  const elsewhere = join(await folder(), "elsewhere");
  git(root, "worktree", "add", "--detach", elsewhere, "HEAD~1");
  // As on a disk that isn't mounted just now.
  await rm(elsewhere, { recursive: true });
  await abortOnceThere(root, marker);
  assert.deepEqual(readdirSync(join(root, ".git", "worktrees")), ["elsewhere"]);
});

test("a signal that is already aborted starts nothing", async () => {
  const { root } = await repository();
  const before = readdirSync(root);
  await assert.rejects(
    checkOutVersion("HEAD", { cwd: root, signal: AbortSignal.abort(new Error("no")) }),
    /no/,
  );
  assert.deepEqual(readdirSync(root), before);
});

test("tools do not inherit variables of npm run and git hooks, and find the running Node first", () => {
  const env = toolEnvironment({
    PATH: "/usr/bin",
    HOME: "/home/x",
    GIT_DIR: "/elsewhere/.git",
    NODE_OPTIONS: "--inspect",
    npm_config_local_prefix: "/elsewhere",
    npm_package_json: "/elsewhere/package.json",
    npm_config_cache: "/cache",
    INIT_CWD: "/elsewhere",
  });
  assert.deepEqual(env, {
    PATH: `${dirname(process.execPath)}:/usr/bin`,
    HOME: "/home/x",
    npm_config_cache: "/cache",
    GIT_TERMINAL_PROMPT: "0",
  });
});
