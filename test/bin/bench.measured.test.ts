import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseBaseline, parseResult } from "../../bench/index.ts";
import { copyVersion } from "../../bench/calibrate/version-copy.ts";
import { canSampleProcesses, processTree, stillRunning } from "../../bench/probe/process-tree.ts";
import { toolEnvironment } from "../../bench/target/run-tool.ts";
import { runCli } from "../harness/cli.ts";

const cli = fileURLToPath(new URL("../../bin/stream-csv.js", import.meta.url));
const fixture = fileURLToPath(new URL("../../fixtures/programs/faulty-server.js", import.meta.url));
const onlyLinux = { skip: !canSampleProcesses };
let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Whether others had so much of this machine that a run rightly refused to judge: then there is nothing to test. */
function isMachineTaken(stderr: string): boolean {
  return /A round couldn't be trusted/.test(stderr);
}

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of ours as another version would be, in a folder and an environment of its own. */
async function run(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
  during?: (pid: number) => Promise<void>,
): Promise<Ended> {
  const env = { ...toolEnvironment(process.env), ...options.env };
  const child = spawn(process.execPath, args, { ...options, env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const closed = once(child, "close");
  if (child.pid !== undefined) await during?.(child.pid);
  await closed;
  return { exitCode: child.exitCode, stdout, stderr };
}

test(
  "a version whose streams cost three times the CPU time ends with 2, confirmed and with the reason",
  onlyLinux,
  async (t) => {
    const copy = await copyVersion("dearer-streams");
    try {
      const file = join(folder, "dear.json");
      const flags = "--quick --rows 20000 --rounds 5 --seed 1 --budget streaming.cpu_s_per_mib=40%".split(
        " ",
      );
      const against = ["--against", `"${process.execPath}" "${cli}"`];
      const args = [copy.program, "bench", ...flags, ...against, "-o", `json=${file}`];
      const { exitCode, stdout, stderr } = await run(args, { env: { EXTRA_CPU_SHARE: "2" } });
      if (isMachineTaken(stderr)) return t.skip(stderr);
      assert.equal(exitCode, 2, stdout + stderr);
      assert.match(stdout, /Regression: 1 of 3 gated comparisons over budget\./);
      assert.match(
        stdout.replaceAll(/\s+/g, " "),
        /streaming cpu_s_per_mib changed by \+\d+ % \(\+\d+ % to \+\d+ %\): wholly over its budget of 40 %\. A first batch of rounds had shown it too\./,
      );
      const result = parseResult(await readFile(file, "utf8"), file);
      assert.equal(result.rounds.filter(({ valid }) => valid).length, 10);
      assert.equal(result.exitCode, 2);
    } finally {
      await copy.remove();
    }
  },
);

test(
  "Ctrl-C while another version is built ends the build, and leaves no worktree and no file behind",
  onlyLinux,
  async () => {
    const repository = join(folder, "repository");
    const temporary = join(folder, "temporary");
    await mkdir(repository);
    await mkdir(temporary);
    const git = (...args: string[]): string => {
      const identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
      const env = toolEnvironment(process.env);
      return execFileSync("git", [...identity, ...args], { cwd: repository, encoding: "utf8", env });
    };
    const building = join(folder, "building");
    const build = `node -e 'require("fs").writeFileSync(${JSON.stringify(building)}, ""); setTimeout(() => {}, 60000)'`;
    const description = { name: "stream-csv", bin: { "stream-csv": "dist/cli.js" }, scripts: { build } };
    await writeFile(join(repository, "package.json"), JSON.stringify(description));
    git("init", "-q");
    git("add", "-A");
    git("commit", "-q", "-m", "first");
    let tree: readonly number[] = [];
    const args = [cli, "bench", "--against", "git:HEAD", "-o", "json=-"];
    const options = { cwd: repository, env: { TMPDIR: temporary } };
    const { exitCode, stdout, stderr } = await run(args, options, async (pid) => {
      for (let tries = 0; tries < 1000; tries += 1) {
        if (await stat(building).catch(() => null)) break;
        await sleep(20);
      }
      tree = await processTree(pid);
      process.kill(pid, "SIGINT");
    });
    assert.equal(exitCode, 130, stderr);
    const result = parseResult(stdout, "stdout");
    assert.equal(result.complete, false);
    assert.equal(result.exitCode, 130);
    assert.ok(tree.length >= 3, `${tree.length} processes`);
    assert.deepEqual(await stillRunning(tree), []);
    assert.deepEqual(await readdir(temporary), []);
    assert.equal(git("worktree", "list", "--porcelain").match(/^worktree /gm)?.length, 1);
  },
);

const tiny = "bench --quick --rows 2000 --rounds 1 --seed 1 --scenario export --deliveries streaming".split(
  " ",
);

test(
  "a full disk under a result file is told by its name and ends with 1, never with 0",
  { skip: process.platform !== "linux" },
  async () => {
    const { exitCode, stderr, stdout } = await runCli([...tiny, "-o", "json=/dev/full"]);
    assert.equal(exitCode, 1);
    assert.match(stderr, /"\/dev\/full" couldn't be written: ENOSPC/);
    assert.match(stdout, /Verdict: informational/);
  },
);

test(
  "a run is kept by --save-baseline and held against by --baseline; one that fails isn't kept",
  onlyLinux,
  async (t) => {
    const file = join(folder, "baseline.json");
    const saved = await runCli([...tiny, "--save-baseline", file]);
    assert.equal(saved.exitCode, 0, saved.stderr);
    const text = await readFile(file, "utf8");
    assert.equal(parseBaseline(text, file).export.rows, 2000);
    const budget = ["--budget", "streaming.total_s=1000%", "--deliveries", "streaming"];
    const later = ["bench", "--quick", "--rounds", "1", "--baseline", file, ...budget, "--strict"];
    const kept = join(folder, "kept.json");
    const { exitCode, stdout, stderr } = await runCli([...later, "--save-baseline", kept]);
    if (isMachineTaken(stderr)) return t.skip(stderr);
    // One round decides nothing, and that was to count.
    assert.equal(exitCode, 3, stderr);
    assert.match(stdout, /orders: 2,000 rows/);
    assert.match(stdout, /Inconclusive: 1 of 2 gated comparisons can't be decided/);
    assert.match(stderr, /kept\.json" wasn't written: a run that ends with 3 is no baseline/);
    await assert.rejects(stat(kept));
  },
);

test("a configuration sets what the flags would, and goes behind them", async () => {
  const file = join(folder, "bench.json");
  const config = {
    rows: 1500,
    rounds: 1,
    scenario: ["export"],
    deliveries: "streaming",
    seed: 3,
    quick: true,
  };
  await writeFile(file, JSON.stringify(config));
  const { exitCode, stdout, stderr } = await runCli([
    "bench",
    "--config",
    file,
    "--seed",
    "4",
    "-o",
    "json=-",
  ]);
  assert.equal(exitCode, 0, stderr);
  const result = parseResult(stdout, "stdout");
  assert.equal(result.integrity.rows, 1500);
  assert.equal(result.seed, 4);
  await writeFile(file, JSON.stringify({ budget: ["streaming.total_s=5%"] }));
  const refused = await runCli(["bench", "--config", file]);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /The budget "streaming\.total_s=5%" has nothing to be held against/);
});

const refused: readonly (readonly [readonly string[], RegExp])[] = [
  [["--against", "git:no-such-branch"], /"no-such-branch" names no commit/],
  [
    ["--against", "./no-such-program", "--quick", "--rows", "2000"],
    /no-such-program serve .* could not be started/,
  ],
  [
    ["--against", `${process.execPath} ${fixture} --fault exit-early`, "--quick", "--rows", "2000"],
    /licence of this fixture has expired/,
  ],
  [
    ["--baseline", "/nowhere/base.json"],
    /The baseline "\/nowhere\/base\.json" can't be read: ENOENT.*--save-baseline writes one/,
  ],
  [["--save-baseline", "/nowhere/base.json"], /"\/nowhere\/base\.json" can't be written/],
  [["--against", "git:main", "--baseline", fixture], /is no JSON/],
  [
    ["--against", "git:main", "--budget", "streaming.speed=5%"],
    /"speed" in .* is no metric; there are: first_byte_s/,
  ],
];
for (const [args, reason] of refused) {
  test(`bench ${args.join(" ").replaceAll(/\/\S+\//g, "")} ends with 1 and a sentence`, async () => {
    const { exitCode, stderr } = await runCli(["bench", ...args]);
    assert.equal(exitCode, 1);
    assert.match(stderr, reason);
    assert.doesNotMatch(stderr, /\n {4}at /);
  });
}
