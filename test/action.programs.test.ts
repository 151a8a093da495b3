import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { action, bash, checkout, scriptOf } from "./harness/action-runner.ts";

const { steps } = action.runs;
const program = join(checkout, "dist/bin/stream-csv.js");

test("the action's bench command is one that the program takes, budgets and all", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  try {
    // The program itself parses the flags; --list ends it before anything is measured.
    await writeFile(
      join(folder, "node"),
      `#!/bin/sh\nprintf '%s\\n' "$@" > "${folder}/flags"\nexec "${process.execPath}" "$@" --list\n`,
    );
    await chmod(join(folder, "node"), 0o755);
    const env = {
      PATH: `${folder}:${process.env["PATH"] ?? ""}`,
      STREAM_CSV_BASE: "0123456789abcdef",
      STREAM_CSV_BUDGET: "streaming.cpu_s_per_mib=5%\nstreaming.total_s=20%\n",
      STREAM_CSV_CONFIG: "",
      GITHUB_OUTPUT: join(folder, "output"),
      STREAM_CSV_PROGRAM: program,
      RUNNER_TEMP: folder,
      STREAM_CSV_SETUP: "",
      STREAM_CSV_STRICT: "true",
      STREAM_CSV_TARGET: "",
    };
    const measure = (changes: Partial<typeof env> = {}, cwd = checkout) =>
      bash(scriptOf("Measure"), { ...env, ...changes }, cwd);
    const flagsGiven = async (): Promise<readonly string[]> =>
      (await readFile(join(folder, "flags"), "utf8")).trim().split("\n");
    const { status, stdout } = measure();
    assert.equal(status, 0);
    assert.match(stdout, /one export at a time/);
    const flags = await flagsGiven();
    assert.equal(flags.filter((flag) => flag === "--budget").length, 2);
    assert.ok(flags.includes("git:0123456789abcdef") && flags.includes("--strict"));
    assert.ok(flags.includes(`json=${folder}/stream-csv-results/result.json`));
    assert.match(await readFile(env.GITHUB_OUTPUT, "utf8"), /^folder=.*\nresult=.*result\.json\n$/);
    assert.equal(measure({ STREAM_CSV_BUDGET: "", STREAM_CSV_STRICT: "false" }).status, 0);
    assert.ok(!(await flagsGiven()).some((flag) => flag === "--budget" || flag === "--strict"));
    assert.equal(measure({ STREAM_CSV_BUDGET: " \n\t\n" }).status, 0);
    assert.ok(!(await flagsGiven()).includes("--budget"));
    const unclear = measure({ STREAM_CSV_STRICT: "True" });
    assert.equal(unclear.status, 1);
    assert.match(unclear.stdout, /::error::strict is "True": write true or false/);

    // Elsewhere a server has to be named, by the input or by the configuration of the repository.
    const unnamed = measure({}, folder);
    assert.equal(unnamed.status, 1);
    assert.match(unnamed.stdout, /::error::No server is named: give the input "target"/);
    // The program may not know these yet, or not here; what counts is what it is given.
    const target = "api=node server.js @ http://127.0.0.1:{port}/orders.csv";
    measure(
      { STREAM_CSV_TARGET: `${target}\n\nold=http://127.0.0.1:1/\n`, STREAM_CSV_SETUP: "make && true" },
      folder,
    );
    const named = await flagsGiven();
    assert.deepEqual(
      named.filter((_, index) => named[index - 1] === "--target"),
      [target, "old=http://127.0.0.1:1/"],
    );
    assert.equal(named[named.indexOf("--setup") + 1], "make && true");
    assert.ok(!named.includes("--rows"));
    await writeFile(join(folder, "stream-csv.yaml"), "bench: {}\n");
    assert.doesNotMatch(measure({}, folder).stdout, /::error::/);
    assert.ok(!(await flagsGiven()).includes("--config"));
    measure({ STREAM_CSV_CONFIG: "gate.yaml" }, folder);
    const configured = await flagsGiven();
    assert.equal(configured[configured.indexOf("--config") + 1], "gate.yaml");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the action uses the base of the merge, and reports if there is none", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  try {
    const git = (command: string): string => bash(command, {}, folder).stdout.trim();
    const commit = (message: string): string =>
      `git -c user.name=a -c user.email=a@b.c commit -q --allow-empty -m ${message}`;
    git(`git init -q -b main && ${commit("base")} && git checkout -q -b change && ${commit("change")}`);
    git(`git checkout -q main && ${commit("later")}`);
    const old = git("git rev-parse main~1");
    const tip = git("git rev-parse main");
    git("git -c user.name=a -c user.email=a@b.c merge -q --no-ff change -m merge");
    const merge = git("git rev-parse HEAD");
    const output = join(folder, "output");
    const script = scriptOf("Get the base");
    const env = { GITHUB_SHA: merge, GITHUB_OUTPUT: output, STREAM_CSV_BASE: old };
    assert.equal(bash(script, env, folder).status, 0);
    assert.equal(await readFile(output, "utf8"), `sha=${tip}\n`);
    await rm(output);
    assert.equal(bash(script, { ...env, GITHUB_SHA: tip }, folder).status, 0);
    assert.equal(await readFile(output, "utf8"), `sha=${old}\n`);
    const none = bash(script, { ...env, GITHUB_SHA: tip, STREAM_CSV_BASE: "" }, folder);
    assert.equal(none.status, 1);
    assert.match(none.stdout, /::error::The event has no base/);
    const missing = bash(script, { ...env, GITHUB_SHA: tip, STREAM_CSV_BASE: "0".repeat(40) }, folder);
    assert.equal(missing.status, 1);
    assert.match(
      missing.stdout,
      /::error::The base of the pull request, "0+", isn't in this shallow checkout.*fetch-depth: 0/,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the action takes the checkout of another user in a container job, and tells it from none", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  t.after(() => rm(folder, { recursive: true }));
  const commit = "git -c user.name=a -c user.email=a@b.c commit -q --allow-empty -m base";
  const BASE = bash(`git init -q && ${commit} && git rev-parse HEAD`, {}, folder).stdout.trim();
  const env = { STREAM_CSV_BASE: BASE, GITHUB_SHA: "", GITHUB_OUTPUT: join(folder, "output"), HOME: folder };
  // git believes that another user owns it.
  const strange = bash(scriptOf("Get the base"), { ...env, GIT_TEST_ASSUME_DIFFERENT_OWNER: "1" }, folder);
  assert.equal(strange.status, 0, strange.stdout + strange.stderr);
  assert.match(await readFile(join(folder, ".gitconfig"), "utf8"), /safe\]\s+directory = /);
  await rm(join(folder, ".git"), { recursive: true });
  const none = bash(scriptOf("Get the base"), { ...env, GIT_CEILING_DIRECTORIES: tmpdir() }, folder);
  assert.equal(none.status, 1);
  assert.match(
    none.stdout,
    /::error::git can't read the checkout in .*actions\/checkout.*not a git repository/,
  );
});

test("the action installs itself from its own checkout, or from the version that is named", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  t.after(() => rm(folder, { recursive: true }));
  const commit = "git -c user.name=a -c user.email=a@b.c commit -q --allow-empty -m one";
  bash(`mkdir tool && cd tool && git init -q -b main && ${commit} && git tag v1`, {}, folder);
  await writeFile(join(folder, "npm"), `#!/bin/sh\necho "$PWD $*" >> "${folder}/installed"\n`);
  await chmod(join(folder, "npm"), 0o755);
  const output = join(folder, "output");
  const install = (VERSION: string, REPOSITORY = "") =>
    bash(
      // What the test puts in front of PATH has to come before the folder of this Node.
      `PATH="${folder}:$PATH"; ${scriptOf("Install stream-csv")}`,
      {
        STREAM_CSV_VERSION: VERSION,
        STREAM_CSV_REPOSITORY: REPOSITORY,
        GITHUB_ACTION_PATH: `${folder}/tool/./`,
        GITHUB_OUTPUT: output,
        GITHUB_SERVER_URL: `file://${folder}`,
        GIT_CEILING_DIRECTORIES: tmpdir(),
        RUNNER_TEMP: folder,
      },
      folder,
    );
  assert.equal(install("").status, 0);
  assert.equal(await readFile(output, "utf8"), `program=${folder}/tool/dist/bin/stream-csv.js\n`);
  await rm(output);
  assert.equal(install("v1").status, 0);
  assert.equal(await readFile(output, "utf8"), `program=${folder}/stream-csv-tool/dist/bin/stream-csv.js\n`);
  assert.match(
    await readFile(join(folder, "installed"), "utf8"),
    /\/tool ci --include=dev .*\n.*\/stream-csv-tool ci --include=dev /,
  );
  const missing = install("v9");
  assert.equal(missing.status, 1);
  assert.match(missing.stdout, /::error::There is no commit, tag or branch "v9" of stream-csv at /);
  // The runner downloads an action without its repository.
  await rename(join(folder, "tool"), join(folder, "owner"));
  await mkdir(join(folder, "tool"));
  await rm(output);
  assert.equal(install("v1", "owner").status, 0);
  assert.equal(await readFile(output, "utf8"), `program=${folder}/stream-csv-tool/dist/bin/stream-csv.js\n`);
  const unknown = install("v1");
  assert.equal(unknown.status, 1);
  assert.match(
    unknown.stdout,
    /::error::The runner doesn't say which repository .*leave the input "version" out/,
  );
});

test("the action refuses every event but pull_request and merge_group, because it runs the proposed code", () => {
  const script = scriptOf("Check the event");
  assert.equal(bash(script, { GITHUB_EVENT_NAME: "pull_request" }).status, 0);
  assert.equal(bash(script, { GITHUB_EVENT_NAME: "merge_group" }).status, 0);
  const refused = bash(script, { GITHUB_EVENT_NAME: "pull_request_target" });
  assert.equal(refused.status, 1);
  assert.match(refused.stdout, /::error::This action gates pull requests/);
});

test("the action's variables have names of their own, so that a server reads those of the job", () => {
  const own = steps.flatMap(({ env }) => Object.keys(env ?? {}));
  assert.ok(own.length > 5);
  for (const name of own) assert.match(name, /^STREAM_CSV_/);
});

test("actions of others are pinned by their commits, here and in the project's own workflow", async () => {
  const workflow = await readFile(join(checkout, ".github/workflows/gate.yml"), "utf8");
  const lines = [...workflow.matchAll(/uses: (\S+)/g)].map(([, uses = ""]) => uses);
  const used = [...steps.flatMap(({ uses }) => uses ?? []), ...lines].filter((uses) => uses !== "./");
  assert.equal(used.length, 3);
  for (const uses of used) assert.match(uses, /^actions\/[\w-]+@[0-9a-f]{40}$/);
  assert.ok(lines.includes("./"));
});

test("the action takes no secret and no token, and puts no input into a script", () => {
  const given = steps.flatMap(({ with: inputs = {}, env = {} }) => [
    ...Object.entries(inputs),
    ...Object.entries(env),
  ]);
  assert.ok(given.length > 5);
  for (const [name, value] of given) assert.doesNotMatch(`${name} ${value}`, /secrets|token/i);
  const scripts = steps.flatMap(({ run }) => run ?? []);
  assert.equal(scripts.length, 6);
  for (const script of scripts) assert.doesNotMatch(script, /\$\{\{|GITHUB_TOKEN/);
});
