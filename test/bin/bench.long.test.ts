import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseBaseline } from "../../bench/gate/baseline/baseline.ts";
import { parseResult } from "../../bench/result/read-result.ts";
import { hasProcFiles } from "../../bench/probe/proc-file.ts";
import { processTree, stillRunning } from "../../bench/probe/process-tree.ts";
import { toolEnvironment } from "../../bench/subject/process/run-tool.ts";
import { cliPath, isMachineTaken, runCli, startCli, startProgram, type Ended } from "../harness/cli.ts";
import { runCliInTurn } from "../harness/cli-in-turn.ts";

const fixture = fileURLToPath(new URL("../../fixtures/programs/faulty-server.js", import.meta.url));
const odd = fileURLToPath(new URL("../../fixtures/programs/odd-answers.js", import.meta.url));
const onlyLinux = { skip: !hasProcFiles };
let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
});
after(() => rm(folder, { recursive: true, force: true }));

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
    const args = [cliPath, "bench", "--against", "git:HEAD", "-o", "json=-"];
    const bench = startProgram(args, { cwd: repository, env: { TMPDIR: temporary } });
    while ((await stat(building).catch(() => null)) === null) await sleep(20);
    const tree = await processTree(bench.process.pid ?? 0);
    bench.process.kill("SIGINT");
    const { exitCode, stdout, stderr } = await bench.ended;
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

/** A server that starts sooner than ours, where it doesn't matter which one is measured. */
const faulty = `api=PORT={port} exec '${process.execPath}' '${fixture}' @ http://127.0.0.1:{port}/x.csv?rows={rows}`;
const tiny = "bench --quick --rows 1500 --rounds 1 --seed 1 --scenario export --ping none".split(" ");

test(
  "a full disk under a result file is reported with its name and ends with 1, never with 0",
  { skip: process.platform !== "linux" },
  async () => {
    const { exitCode, stderr, stdout } = await runCli([...tiny, "--target", faulty, "-o", "json=/dev/full"]);
    assert.equal(exitCode, 1);
    assert.match(stderr, /"\/dev\/full" can't be written: ENOSPC/);
    assert.match(stdout, /Informational: no budget was set/);
  },
);

test(
  "without /proc, memory and CPU time come from ps, what only Linux tells is left out, and the report says so",
  { skip: process.platform === "win32" },
  async () => {
    const env = { STREAM_CSV_BENCH_PROBES: "ps" };
    const { exitCode, stdout, stderr } = await runCli([...tiny, "--target", faulty, "-o", "json=-"], { env });
    assert.equal(exitCode, 0, stderr);
    const result = parseResult(stdout, "stdout");
    assert.match(result.warnings[0] ?? "", /read from ps/);
    const values = result.rounds[0]?.arms["api"];
    assert.equal(typeof values?.["peak_rss_over_idle_bytes"], "number");
    assert.ok((values?.["idle_rss_bytes"] ?? 0) > 2 ** 20);
    assert.ok((values?.["cpu_s_per_export"] ?? 0) > 0);
    assert.equal(values?.["client_wait_ratio"], null);
  },
);

test("a configuration sets the flags' values and parameters, flags override them, and --save-baseline keeps the run", async () => {
  const file = join(folder, "stream-csv.config.mjs");
  const baseline = join(folder, "baseline.json");
  await writeFile(
    file,
    `export default {
      exports: {
        squares: {
          parameters: { upTo: { type: "integer" } },
          *rows({ parameters: { upTo } }) { for (let n = 1; n <= upTo; n += 1) yield { n, square: n * n }; },
        },
      },
      bench: {
        export: "squares", parameters: { upTo: 3 }, rows: 1500, rounds: 1, seed: 3, quick: true,
        scenario: ["export"], deliveries: "streaming",
      },
    };`,
  );
  const flags = ["--config", file, "-o", "json=-"];
  const changed = ["--seed", "4", "--param", "upTo=5000", "--save-baseline", baseline];
  const { exitCode, stdout, stderr } = await runCli(["bench", ...flags, ...changed]);
  assert.equal(exitCode, 0, stderr);
  // json=- puts the result, and nothing else, on standard output.
  const result = parseResult(stdout, "stdout");
  assert.deepEqual(result.comparisons, []);
  // More than by the parameter of the configuration, and no more than its rows.
  assert.equal(result.integrity.rows, 1500);
  assert.equal(result.integrity.equal, true);
  assert.equal(result.seed, 4);
  assert.deepEqual(result.config["parameters"], [["upTo", "5000"]]);
  assert.equal(parseBaseline(await readFile(baseline, "utf8"), baseline).export.rows, 1500);
  const unknown = await runCli(["bench", ...flags, "--export", "cubes"]);
  assert.match(unknown.stderr, /There is no export "cubes"; there are: squares, orders/);
  const generated = await runCliInTurn(["bench", ...flags, "--export", "orders"]);
  assert.match(
    generated.stderr,
    /--param upTo=3: "orders" is not a configured export, so it takes no --param/,
  );
});

test("a budget in a configuration needs something to compare with, like one in a flag", async () => {
  const file = join(folder, "budget.json");
  await writeFile(file, JSON.stringify({ bench: { budget: ["streaming.total_s=5%"] } }));
  const refused = await runCliInTurn(["bench", "--config", file]);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /The budget for streaming\.total_s has nothing to be compared with/);
});

/** A run with a baseline that isn't there; later ones are compared with it. */
const first = "first.json";
function gating(saved: string): readonly string[] {
  const flags = "bench --quick --rounds 1 --budget api.cpu_s_per_mib=1000%".split(" ");
  return [...flags, "--target", faulty, "--baseline", join(folder, first), "--save-baseline", saved];
}

test("the first run with a baseline that isn't there saves it, and a later one keeps it", async () => {
  const file = join(folder, first);
  const run = [...gating(file), "--rows", "1500"];
  const saved = await runCli(run);
  assert.equal(saved.exitCode, 0, saved.stderr);
  assert.match(saved.stderr, /There is no baseline ".*first\.json" yet: .* this run is saved as it/);
  assert.match(saved.stdout, /Informational: the first run of a baseline has nothing to be compared with/);
  const kept = await readFile(file, "utf8");
  assert.equal(parseBaseline(kept, file).export.name, "api");
  const later = await runCli(run);
  assert.match(later.stderr, /first\.json" was (kept: it is what this run was compared with|not written)/);
  assert.equal(await readFile(file, "utf8"), kept);
});

// With the baseline that the test before has saved, whose run takes as long as this one.
test("--baseline compares a run with a kept one; a failed run isn't kept", onlyLinux, async (t) => {
  const kept = join(folder, "kept.json");
  const { exitCode, stdout, stderr } = await runCli([...gating(kept), "--strict"]);
  if (isMachineTaken(stderr)) return t.skip(stderr);
  // One round decides nothing, and --strict counts that as a failure.
  assert.equal(exitCode, 3, stderr);
  assert.match(stdout, /api: 1,500 rows/);
  assert.match(stdout, /Inconclusive: 1 of \d comparisons can't be decided/);
  assert.match(stderr, /kept\.json" was not written: a run that ends with 3 is not kept as a baseline/);
  await assert.rejects(stat(kept));
});

test("targets of a configuration are objects, relative to its file, and their secrets stay secret", async () => {
  const file = join(folder, "targets.json");
  const api = {
    command: `exec '${process.execPath}' '${odd}' asked`,
    url: "http://127.0.0.1:{port}/x.csv",
    env: { PORT: "{port}" },
    headers: { Authorization: "env:SHOP_CREDENTIALS" },
    ping: null,
    readyTimeout: "20s",
  };
  const settings = { quick: true, rounds: 1, scenario: ["export"], targets: { api } };
  await writeFile(file, JSON.stringify({ bench: settings }));
  const flags = ["bench", "--config", file, "-o", "json=-"];
  const { exitCode, stdout, stderr } = await startCli(flags, { SHOP_CREDENTIALS: "Basic dTpw" }).ended;
  assert.equal(exitCode, 0, stderr);
  const { arms, config } = parseResult(stdout, "stdout");
  assert.deepEqual([...new Set(arms.map(({ id }) => id))], ["api"]);
  assert.equal((config["targets"] as readonly { readonly cwd: string }[])[0]?.cwd, folder);
  assert.doesNotMatch(stdout, /dTpw/);
  const unset = await runCli(flags);
  assert.match(
    unset.stderr,
    /"bench\.targets\.api\.headers\.Authorization" .* read from the environment variable "SHOP_CREDENTIALS", which is not set/,
  );
  await writeFile(
    file,
    JSON.stringify({ bench: { ...settings, targets: { api: { ...api, colour: "red" } } } }),
  );
  const unknown = await startCli(flags, { SHOP_CREDENTIALS: "Basic dTpw" }).ended;
  assert.equal(unknown.exitCode, 1);
  assert.match(
    unknown.stderr,
    /The target "api" has the setting "colour", which is unknown; there are: command, url/,
  );
});

const asked = `api=PORT={port} exec '${process.execPath}' '${odd}' asked @ http://127.0.0.1:{port}/x.csv`;
const secretHeader = ["--header", "Authorization: env:SHOP_CREDENTIALS"];

test("a header field is read from the environment, and its name is in the message where it isn't set", async () => {
  const missing = await runCliInTurn(["bench", "--quick", "--target", asked, ...secretHeader]);
  assert.equal(missing.exitCode, 1);
  assert.match(
    missing.stderr,
    /Authorization is read from the environment variable "SHOP_CREDENTIALS", which is not set/,
  );
  const { exitCode, stdout, stderr } = await replaced();
  assert.equal(exitCode, 0, stderr);
  assert.doesNotMatch(stdout + stderr, /dTpw/);
});

test("targets of the command line are measured instead of those of the configuration, also by the same name", async () => {
  const { exitCode, stdout, stderr } = await replaced();
  assert.equal(exitCode, 0, stderr);
  const { config } = parseResult(stdout, "stdout");
  const measured = config["targets"] as readonly { readonly name: string; readonly headers: unknown }[];
  assert.deepEqual(
    measured.map(({ name, headers }) => [name, headers]),
    [["api", ["Authorization"]]],
  );
});

let replacing: Promise<Ended> | undefined;

/** A target of the command line, with a header field, where the configuration has targets: one run for two tests. */
async function replaced(): Promise<Ended> {
  const file = join(folder, "replaced.json");
  const gone = { url: "http://127.0.0.1:9/", headers: { Accept: "nothing" } };
  const settings = { quick: true, rounds: 1, scenario: ["export"], targets: { api: gone, other: gone } };
  await writeFile(file, JSON.stringify({ bench: settings }));
  const flags = ["bench", "--config", file, "--target", asked, ...secretHeader, "-o", "json=-"];
  replacing ??= startCli(flags, { SHOP_CREDENTIALS: "Basic dTpw" }).ended;
  return await replacing;
}

test("a header field that is given twice in different cases is refused", async () => {
  const header = ["--header", "authorization: a", "--header", "Authorization: b"];
  const { exitCode, stderr } = await runCliInTurn([
    "bench",
    "--target",
    "api=http://127.0.0.1:9/",
    ...header,
  ]);
  assert.equal(exitCode, 1);
  assert.match(
    stderr,
    /--header names the field Authorization twice, and names of fields don't depend on case/,
  );
});

test("an export of our own server is refused where that isn't measured", async () => {
  const { exitCode, stderr } = await runCliInTurn([
    "bench",
    "--target",
    "api=http://127.0.0.1:9/",
    "--export",
    "wide",
  ]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /--export wide names rows of our own server, which isn't measured with --target/);
});

test("bench against a version that doesn't start ends with 1 and what it wrote", async () => {
  const flags = ["--quick", "--rows", "2000", "--deliveries", "streaming"];
  const against = `${process.execPath} ${fixture} --fault exit-early`;
  const { exitCode, stderr } = await runCli(["bench", ...flags, "--against", against]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /licence of this fixture has expired/);
  assert.doesNotMatch(stderr, /\n {4}at /);
});

const refused: readonly (readonly [readonly string[], RegExp])[] = [
  [["--against", "git:no-such-branch"], /"no-such-branch" is not a commit/],
  [
    ["--target", "api=echo the cellar is flooded >&2; exit 7; : {port}", "--quick"],
    /exit code 7\. It wrote: the cellar is flooded/,
  ],
  [
    ["--baseline", "/nowhere/base.json"],
    /The baseline "\/nowhere\/base\.json" can't be read: ENOENT.*Write one with --save-baseline/,
  ],
  [["--save-baseline", "/nowhere/base.json"], /"\/nowhere\/base\.json" can't be written/],
  [["--against", "git:main", "--baseline", fixture], /is not JSON/],
  [
    ["--against", "git:main", "--budget", "streaming.speed=5%"],
    /"speed" in .* is not a metric; there are: first_byte_s/,
  ],
];
for (const [args, reason] of refused) {
  test(`bench ${args.join(" ").replaceAll(/\/\S+\//g, "")} ends with 1 and a sentence`, async () => {
    const { exitCode, stderr } = await runCliInTurn(["bench", ...args]);
    assert.equal(exitCode, 1);
    assert.match(stderr, reason);
    assert.doesNotMatch(stderr, /\n {4}at /);
  });
}
