import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { toolEnvironment } from "../bench/subject/process/run-tool.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const text = await readFile(join(root, "action.yml"), "utf8");

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}
const { steps } = (parse(text) as { readonly runs: { readonly steps: readonly Step[] } }).runs;

/** The shell script of a step, as the runner executes it. */
function scriptOf(name: string): string {
  const script = steps.find((step) => step.name === name)?.run;
  assert.ok(script !== undefined, `action.yml has no step "${name}" with a script`);
  return script;
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
}

function bash(script: string, env: Readonly<Record<string, string>>, cwd = root): Ended {
  const options = { cwd, env: { ...toolEnvironment(process.env), ...env }, encoding: "utf8" } as const;
  return spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], options);
}

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
      BASE: "0123456789abcdef",
      BUDGET: "streaming.cpu_s_per_mib=5%\nstreaming.total_s=20%\n",
      STRICT: "true",
      RESULTS: join(folder, "results"),
    };
    const { status, stdout } = bash(scriptOf("Measure"), env);
    assert.equal(status, 0);
    assert.match(stdout, /one export at a time/);
    const flags = (await readFile(join(folder, "flags"), "utf8")).trim().split("\n");
    assert.equal(flags.filter((flag) => flag === "--budget").length, 2);
    assert.ok(flags.includes("git:0123456789abcdef") && flags.includes("--strict"));
    assert.ok(flags.includes(`json=${folder}/results/result.json`));
    const { status: plain } = bash(scriptOf("Measure"), { ...env, BUDGET: "", STRICT: "false" });
    assert.equal(plain, 0);
    assert.doesNotMatch(await readFile(join(folder, "flags"), "utf8"), /--budget|--strict/);
    assert.equal(bash(scriptOf("Measure"), { ...env, BUDGET: " \n\t\n" }).status, 0);
    assert.doesNotMatch(await readFile(join(folder, "flags"), "utf8"), /--budget/);
    const unclear = bash(scriptOf("Measure"), { ...env, STRICT: "True" });
    assert.equal(unclear.status, 1);
    assert.match(unclear.stdout, /::error::strict is "True": write true or false/);
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
    const env = { GITHUB_SHA: merge, GITHUB_OUTPUT: output, BASE: old };
    assert.equal(bash(script, env, folder).status, 0);
    assert.equal(await readFile(output, "utf8"), `sha=${tip}\n`);
    await rm(output);
    assert.equal(bash(script, { ...env, GITHUB_SHA: tip }, folder).status, 0);
    assert.equal(await readFile(output, "utf8"), `sha=${old}\n`);
    for (const BASE of ["", "0".repeat(40)]) {
      const missing = bash(script, { ...env, GITHUB_SHA: tip, BASE }, folder);
      assert.equal(missing.status, 1);
      assert.match(missing.stdout, /::error::The base of the pull request, "0*", isn't here.*fetch-depth: 0/);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the action refuses every event but pull_request, because it runs the proposed code", () => {
  const script = scriptOf("Check the event");
  assert.equal(bash(script, { GITHUB_EVENT_NAME: "pull_request" }).status, 0);
  const refused = bash(script, { GITHUB_EVENT_NAME: "pull_request_target" });
  assert.equal(refused.status, 1);
  assert.match(refused.stdout, /::error::This action gates pull requests/);
});

test("the action takes no secret and no token, and puts no input into a script", () => {
  const given = steps.flatMap(({ with: inputs = {}, env = {} }) => [
    ...Object.entries(inputs),
    ...Object.entries(env),
  ]);
  assert.ok(given.length > 5);
  for (const [name, value] of given) assert.doesNotMatch(`${name} ${value}`, /secrets|token/i);
  const scripts = steps.flatMap(({ run }) => run ?? []);
  assert.equal(scripts.length, 4);
  for (const script of scripts) assert.doesNotMatch(script, /\$\{\{|GITHUB_TOKEN/);
});
