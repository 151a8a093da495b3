import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import type { BenchResult } from "../bench/index.ts";
import { bash, checkout, runAction, type ActionOutcome } from "./harness/action-runner.ts";

const hasPython = spawnSync("python3", ["--version"]).status === 0;

/** A repository with the server on its main branch, and a pull request that changes how often each row is made. */
async function scratch(t: TestContext, file: string, extra: number) {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  t.after(() => rm(folder, { recursive: true }));
  const [workspace, temporary, tools] = ["repository", "temporary", "tools"].map((name) =>
    join(folder, name),
  );
  assert.ok(workspace !== undefined && temporary !== undefined && tools !== undefined);
  for (const path of [workspace, temporary, tools]) await mkdir(path);
  const source = await readFile(join(checkout, "fixtures/action", file), "utf8");
  await writeFile(join(workspace, file), source);
  const git = (command: string): string => {
    const identity = "git config user.name a && git config user.email a@b.c";
    const { status, stdout, stderr } = bash(command.replace("IDENTITY", identity), {}, workspace);
    assert.equal(status, 0, stderr);
    return stdout.trim();
  };
  const baseSha = git(
    "git init -q -b main && IDENTITY && git add . && git commit -q -m base && git rev-parse HEAD",
  );
  await writeFile(join(workspace, file), source.replace("EXTRA = 1", `EXTRA = ${extra}`));
  git("git checkout -q -b change && git commit -q --allow-empty -a -m change");
  // This checkout is built already, and other tests use it.
  await writeFile(join(tools, "npm"), "#!/bin/sh\nexit 0\n");
  await chmod(join(tools, "npm"), 0o755);
  const PATH = [tools, dirname(process.execPath), process.env["PATH"]].join(":");
  return { workspace, temporary, baseSha, env: { PATH } };
}

async function resultOf({ outputs, ...rest }: ActionOutcome): Promise<BenchResult> {
  const file = outputs["measure"]?.["result"];
  assert.ok(file !== undefined, JSON.stringify(rest));
  return JSON.parse(await readFile(file, "utf8")) as BenchResult;
}

const python = { file: "server.py", target: targetOf("python3 server.py"), skip: !hasPython };
const node = { file: "server.mjs", target: targetOf("node server.mjs"), skip: false };

function targetOf(command: string): string {
  return `api=${command} {port} @ http://127.0.0.1:{port}/orders.csv?rows={rows}`;
}

// One server each way: a run of the whole action takes long.
test("the action passes a change of a Node server that costs nothing", { skip: node.skip }, async (t) => {
  const repository = await scratch(t, node.file, 1);
  const setup = "touch prepared";
  const inputs = { target: node.target, setup, budget: "api.cpu_s_per_mib=30%" };
  const outcome = runAction({ ...repository, inputs });
  assert.equal(outcome.failedStep, null, outcome.stdout + outcome.stderr);
  const { verdict, arms } = await resultOf(outcome);
  assert.ok(["pass", "inconclusive"].includes(verdict), verdict);
  assert.deepEqual([...new Set(arms.map(({ id }) => id))].toSorted(), ["api", "api-aa", "api-control"]);
  assert.match(outcome.summary, /api/);
  const artifact = outcome.uses["actions/upload-artifact"];
  assert.equal(artifact?.["name"], "stream-csv-gate-1-2");
  assert.equal(artifact["path"], outcome.outputs["measure"]?.["folder"]);
  const prepared = bash("cat prepared && git status --porcelain", {}, repository.workspace);
  assert.equal(prepared.stdout, "?? prepared\n");
  assert.equal(bash("git worktree list", {}, repository.workspace).stdout.split("\n").length, 2);
});

test(
  "the action fails a change that makes rows of a Python server expensive",
  { skip: python.skip },
  async (t) => {
    const repository = await scratch(t, python.file, 4);
    const outcome = runAction({
      ...repository,
      inputs: { target: python.target, budget: "api.cpu_s_per_mib=10%" },
    });
    assert.equal(outcome.status, 2, outcome.stdout + outcome.stderr);
    assert.equal(outcome.failedStep, "Measure");
    assert.match(outcome.stderr, /::error title=.*regression.*api/);
    assert.equal((await resultOf(outcome)).verdict, "regression");
  },
);

test("the action says which server it can't start", async (t) => {
  const repository = await scratch(t, "server.mjs", 1);
  const outcome = runAction({
    ...repository,
    inputs: { target: "api=node missing.mjs {port} @ http://127.0.0.1:{port}/orders.csv?rows={rows}" },
  });
  assert.equal(outcome.failedStep, "Measure");
  assert.equal(outcome.status, 1, outcome.stdout + outcome.stderr);
  assert.match(outcome.stderr, /missing\.mjs/);
});
