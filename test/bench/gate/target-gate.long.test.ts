import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { once } from "node:events";
import { mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import {
  runBench,
  type BenchConfig,
  type BenchHooks,
  type BenchRun,
  type MachineSample,
} from "../../../bench/index.ts";
import { parseBaseline } from "../../../bench/gate/baseline/baseline.ts";
import { baselineOf } from "../../../bench/internal.ts";
import { terminalReport } from "../../../bench/report/terminal/terminal.ts";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { processTree, stillRunning } from "../../../bench/probe/process-tree.ts";
import { toolEnvironment } from "../../../bench/subject/process/run-tool.ts";
import { startProgram } from "../../harness/cli.ts";
import { endOnSignal } from "../../harness/children.ts";

endOnSignal();

const program = fileURLToPath(new URL("../../../fixtures/programs/faulty-server.js", import.meta.url));
const place = "http://127.0.0.1:{port}/any.csv?rows={rows}";
const server = (fault = ""): string =>
  `PORT={port} exec '${process.execPath}' '${program}' --fault '${fault}'`;
const target = `api=${server()} @ ${place}`;
/** For budgets of time that don't hang on how busy a machine keeps the reader. */
const lateTarget = `api=${server("late")} @ ${place}`;
const calm = (): Promise<MachineSample> => Promise.resolve({ ticks: null, throttling: null });

/** Needs one export a round; a budget for a time has many of them measured. */
const ofMemory = ["api.peak_rss_over_idle_bytes=1000%"];

async function gate(config: Partial<BenchConfig>, hooks: Partial<BenchHooks> = {}): Promise<BenchRun> {
  const before = await processTree(process.pid);
  const outcome = await runBench(
    { seed: 1, rounds: 1, rows: 3000, isQuick: true, targets: [target], ...config },
    {
      cli: [process.execPath, program],
      tool: { name: "stream-csv", version: "0.0.0" },
      sampleMachine: calm,
      ...hooks,
    },
  );
  if (hasProcFiles) assert.deepEqual(await processTree(process.pid), before);
  return outcome;
}

function armsOf({ result }: BenchRun): readonly string[] {
  return result.arms.map(({ id, role, delivery }) => `${id} ${role} ${delivery}`);
}

function verdictsOf({ result }: BenchRun): Readonly<Record<string, string>> {
  const judged = result.comparisons.filter(({ reason }) => reason !== undefined);
  return Object.fromEntries(judged.map(({ metric, verdict }) => [metric, verdict]));
}

test("a target is held against another command of it, with a second control, and our server isn't started", async () => {
  const outcome = await gate({ against: server(), budgets: ["api.total_s=1000%"] }, { cli: ["/nowhere"] });
  assert.equal(outcome.fault, null);
  assert.deepEqual(armsOf(outcome), ["api treatment api", "api-control control api", "api-aa aa api"]);
  assert.equal(outcome.result.integrity.equal, true);
  assert.deepEqual(verdictsOf(outcome), { total_s: "inconclusive", rows: "pass", body_bytes: "pass" });
});

test("a target that writes other rows than its other version is a regression", async () => {
  const against = server("swap-rows");
  const { result, fault } = await gate({ against, budgets: ofMemory });
  assert.equal(fault, null);
  assert.equal(result.exitCode, 2);
  assert.match(
    (result.reasons ?? []).join("\n"),
    /api body_bytes is \d+ as before, but they are other bytes/,
  );
});

/** A server that runs already, in a process of its own. */
async function running(t: TestContext, fault = ""): Promise<string> {
  const { process: child } = startProgram([program, "--fault", fault], { env: { PORT: "0" } });
  t.after(async () => {
    child.kill("SIGKILL");
    await once(child, "close");
  });
  const [said] = (await once(child.stdout, "data")) as [string];
  const [, origin] = /^listening on (\S+)/.exec(said) ?? [];
  assert.ok(origin !== undefined, said);
  return `${origin}/any.csv?rows=3000`;
}

test("a server that runs already is held against another address", async (t) => {
  const [own, same, other] = [await running(t), await running(t), await running(t, "swap-rows")];
  const config = { targets: [`api=${own}`], rows: null, budgets: ["api.loop_s_per_export=1000%"] };
  const equal = await gate({ ...config, against: same });
  assert.equal(equal.fault, null);
  assert.deepEqual(armsOf(equal), ["api treatment api", "api-control control api", "api-aa aa api"]);
  assert.deepEqual(
    equal.result.arms.map(({ url }) => url),
    [own, same, same],
  );
  assert.deepEqual(verdictsOf(equal), {
    loop_s_per_export: "inconclusive",
    rows: "pass",
    body_bytes: "pass",
  });
  const text = terminalReport(equal.result, { hasColor: false, columns: 400 });
  assert.ok(text.includes(`api is this version. api-control is the server at ${same}.`), text);
  const changed = await gate({ ...config, against: other });
  assert.equal(changed.result.exitCode, 2);
  assert.match((changed.result.reasons ?? []).join("\n"), /body_bytes is \d+ as before, but they are other/);
});

const odd = fileURLToPath(new URL("../../../fixtures/programs/odd-answers.js", import.meta.url));
const oddServer = (kind: string): string =>
  `PORT={port} exec '${process.execPath}' '${odd}' ${kind} @ http://127.0.0.1:{port}/x.csv`;

test("a gate with --integrity rows compares rows of bodies whose bytes differ, and no bytes", async () => {
  const config = {
    targets: [`live=${oddServer("stamped")}`],
    rows: null,
    against: oddServer("stamped"),
    budgets: ["live.peak_rss_over_idle_bytes=1000%"],
    integrity: "rows",
  };
  const outcome = await gate(config);
  assert.equal(outcome.fault, null);
  assert.equal(outcome.result.config["integrity"], "rows");
  assert.deepEqual(verdictsOf(outcome), { peak_rss_over_idle_bytes: "inconclusive", rows: "pass" });
  // The same without it is refused when the bodies are checked.
  const bytes = await gate({ ...config, integrity: "bytes" });
  assert.match(bytes.fault?.message ?? "", /gave other bytes .*--integrity rows/);
  const fewer = await gate({ ...config, against: oddServer("right") });
  assert.equal(fewer.result.exitCode, 2);
  assert.match((fewer.result.reasons ?? []).join("\n"), /live rows is 1001 and was 1000: it has to be equal/);
});

test("an export that has lost rows since the baseline is a regression, and one that has grown is measured", async () => {
  const of = (rows: number): Partial<BenchConfig> => ({
    targets: [`api=${server()} @ http://127.0.0.1:{port}/any.csv?rows=${rows}`],
    rows: null,
    budgets: ofMemory,
  });
  const before = await gate({ ...of(3000), isFirstBaseline: true, budgets: [] });
  assert.equal(before.fault, null);
  const baseline = { name: "base", content: baselineOf(before.result) };
  const [lost, grown, same] = [
    await gate({ ...of(1500), baseline }),
    await gate({ ...of(3010), baseline }),
    await gate({ ...of(3000), baseline }),
  ];
  assert.equal(lost.result.exitCode, 2, lost.fault?.message);
  assert.match(
    (lost.result.reasons ?? []).join("\n"),
    /^The export has lost rows: it has 1,500, and had 3,000\./,
  );
  const byValue = await gate({ ...of(1500), baseline, budgets: ["api.total_s<=60s"] });
  assert.equal(byValue.result.exitCode, 2, byValue.fault?.message);
  assert.deepEqual([grown.fault, grown.result.exitCode], [null, 0]);
  assert.match(grown.result.warnings.join("\n"), /^The export has grown from 3,000 to 3,010 rows/m);
  assert.equal(verdictsOf(same)["body_bytes"], "pass");
});

/** A repository with a server that reads what it serves from a file, and is late, so that no reader is busy for long. */
async function repository(t: TestContext): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "stream-csv-test-")));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const git = (...args: string[]): void => {
    const identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
    execFileSync("git", [...identity, ...args], { cwd: folder, env: toolEnvironment(process.env) });
  };
  await writeFile(
    join(folder, "server.py"),
    `import http.server, os, time
body = open("made/rows.csv", "rb").read()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path != "/ping": time.sleep(0.1)
        self.send_response(200)
        self.send_header("Content-Type", "text/csv")
        self.end_headers()
        self.wfile.write(b"pong" if self.path == "/ping" else body)
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`,
  );
  await writeFile(join(folder, ".gitignore"), "made\n");
  git("init", "-q");
  git("add", "-A");
  git("commit", "-q", "-m", "a server");
  execFileSync("sh", ["-c", "mkdir made; seq 1 3000 > made/rows.csv"], { cwd: folder });
  return folder;
}

const python = "api=PORT={port} exec python3 server.py @ http://127.0.0.1:{port}/rows.csv";
const setup = "mkdir made && seq 1 3000 > made/rows.csv && touch made/set-up";

test("a target in any language is held against a commit, which is set up and removed again, with what its setup left running", async (t) => {
  const folder = await repository(t);
  const before = new Set(readdirSync(tmpdir()));
  const cwd = process.cwd();
  process.chdir(folder);
  t.after(() => process.chdir(cwd));
  const started = join(folder, "made/started");
  const background = `sleep 1000 > /dev/null 2>&1 & echo $! > '${started}'`;
  const config = {
    targets: [python],
    rows: null,
    against: "git:HEAD",
    setup: `${setup}; ${background}`,
    budgets: ofMemory,
  };
  const outcome = await gate(config, { folder });
  assert.equal(outcome.fault, null);
  assert.equal(outcome.result.exitCode, 0);
  assert.match(String(outcome.result.config["againstSha"]), /^[0-9a-f]{40}$/);
  // The setup ran in the other version, and not here.
  assert.ok(!existsSync(join(folder, "made/set-up")));
  const left = readdirSync(tmpdir()).filter(
    (name) => name.startsWith("stream-csv-version-") && !before.has(name),
  );
  assert.deepEqual(left, []);
  const trees = execFileSync("git", ["worktree", "list"], { cwd: folder, encoding: "utf8" }).trim();
  assert.equal(trees.split("\n").length, 1, trees);
  const pid = Number(await readFile(started, "utf8"));
  assert.ok(pid > 0);
  if (hasProcFiles) assert.deepEqual(await stillRunning([pid]), []);
});

test("two targets in one folder are set up once, here and in the other version", async (t) => {
  const folder = await repository(t);
  const log = join(folder, "made/setups");
  const config = {
    targets: ["api", "two"].map((name) => ({
      name,
      command: "PORT={port} exec python3 server.py",
      url: "http://127.0.0.1:{port}/rows.csv",
      cwd: folder,
      setup: `mkdir -p made && seq 1 3000 > made/rows.csv && pwd >> '${log}'`,
    })),
    rows: null,
    against: "git:HEAD",
    setup: "exit 3",
    budgets: ["api.peak_rss_over_idle_bytes=1000%", "two.peak_rss_over_idle_bytes=1000%"],
  };
  const { result, fault } = await gate(config, { folder });
  assert.equal(fault, null);
  const ran = (await readFile(log, "utf8")).trim().split("\n");
  assert.equal(ran.length, 2, ran.join("\n"));
  assert.equal(ran[0], folder);
  assert.match(ran[1] ?? "", /stream-csv-version-/);
  assert.ok(
    result.warnings.includes('--setup "exit 3" was not run: every target has a setup of its own.'),
    result.warnings.join("\n"),
  );
});

for (const [metric, value] of [
  ["heap_used_bytes", "1GiB"],
  ["loop_delay_max_s", "1s"],
] as const) {
  test(`a budget for ${metric}, which the server's numbers leave out, is refused before the first round`, async () => {
    const refusedRun = await gate({ budgets: [`api.${metric}<=${value}`], rounds: 6 });
    assert.equal(refusedRun.result.exitCode, 1);
    assert.deepEqual(refusedRun.result.rounds, []);
    assert.match(
      refusedRun.fault?.message ?? "",
      new RegExp(`can't be judged: the inside numbers \\(stats\\) of api leave out ${metric}\\.`),
    );
  });
}

test("a setup that fails is an error of the tool that quotes it, and nothing is left", async (t) => {
  const folder = await repository(t);
  const config = {
    targets: [python],
    rows: null,
    against: "git:HEAD",
    setup: "echo no compiler here; exit 5",
  };
  const { result, fault } = await gate(config, { folder });
  assert.equal(result.exitCode, 1);
  assert.match(
    fault?.message ?? "",
    /The setup of git:HEAD, "echo no compiler here; exit 5", failed.*no compiler here$/s,
  );
  assert.equal(
    execFileSync("git", ["worktree", "list"], { cwd: folder, encoding: "utf8" }).trim().split("\n").length,
    1,
  );
});

test("a budget by itself needs nothing beside it: kept, or broken in two batches", async () => {
  const kept = await gate({
    targets: [lateTarget],
    rounds: 6,
    budgets: ["api.total_s<=60s", "api.rows_per_s>=10"],
  });
  assert.equal(kept.fault, null);
  assert.deepEqual([kept.result.verdict, kept.result.exitCode], ["pass", 0]);
  assert.deepEqual(armsOf(kept), ["api treatment api"]);
  const broken = await gate({ targets: [lateTarget], rounds: 5, budgets: ["api.total_s<=0.001ms"] });
  assert.equal(broken.result.exitCode, 2);
  // A round in which the reader was too busy is repeated, and does not count.
  assert.equal(broken.result.rounds.filter(({ valid }) => valid).length, 10);
  assert.match(
    (broken.result.reasons ?? []).join("\n"),
    /wholly beyond its budget of <=0\.001ms\. A first batch/,
  );
});

test("a busy reader doesn't make the time of an export invalid that one read takes", async (t) => {
  const busy = setInterval(() => {
    const end = performance.now() + 20;
    while (performance.now() < end);
  }, 1);
  t.after(() => clearInterval(busy));
  const { result, fault } = await gate({ rows: 20, rounds: 5, budgets: ["api.total_s<=60s"] });
  assert.equal(fault, null);
  assert.equal(result.verdict, "pass");
  const ratios = result.rounds.map(({ arms }) => arms["api"]?.["client_busy_ratio"] ?? 0);
  assert.ok(Math.max(...ratios) > 0.8, ratios.join(" "));
});

test("a budget for rows is broken by an export that has fewer", async () => {
  const targets = [`api=${server()} @ http://127.0.0.1:{port}/any.csv?rows=1500`];
  const config = { targets, rows: null, rounds: 6 };
  const kept = await gate({ ...config, budgets: ["api.rows>=1500", "api.body_bytes<=1MiB"] });
  assert.deepEqual([kept.fault, kept.result.verdict], [null, "pass"]);
  const broken = await gate({ ...config, budgets: ["api.rows>=1501"] });
  assert.equal(broken.result.exitCode, 2);
  assert.match(
    (broken.result.reasons ?? []).join("\n"),
    /^api rows is 1,500 .*beyond its budget of >=1501\./,
  );
});

let compared: Promise<BenchRun> | undefined;

/** Two targets and no budget: one run, for the tests of what it says. */
function twoTargets(): Promise<BenchRun> {
  const targets = [target, target.replace("api=", "two=")];
  compared ??= gate({ targets, control: "two", setup: "exit 3", scenarios: ["export"] });
  return compared;
}

test("a setup that nothing needs is said not to have run", async () => {
  const { result, fault } = await twoTargets();
  assert.equal(fault, null);
  assert.match(
    result.warnings.join("\n"),
    /^--setup "exit 3" was not run: it prepares the version of --against git:REF for a target, and there is none in this run\.$/m,
  );
});

test("two targets are compared with the one that is named", async () => {
  const outcome = await twoTargets();
  assert.equal(outcome.fault, null);
  assert.deepEqual(armsOf(outcome), ["api treatment api", "two control two", "two-again aa two"]);
  const pairs = outcome.result.comparisons.map(({ treatment, control }) => `${treatment}/${control}`);
  assert.deepEqual([...new Set(pairs)].toSorted(), ["api/two", "two-again/two"]);
});

test("a baseline of a target is compared by its name, and one of another target is refused", async () => {
  const budgets = ["api.total_s=1000%"];
  const first = await gate({ targets: [lateTarget], isFirstBaseline: true, budgets });
  assert.equal(first.fault, null);
  assert.equal(first.result.verdict, "informational");
  const content = parseBaseline(JSON.stringify(baselineOf(first.result)), "base");
  assert.equal(content.export.name, "api");
  const baseline = { name: "base", content };
  const later = await gate({ targets: [lateTarget], baseline, budgets });
  assert.equal(later.fault, null);
  assert.match((later.result.reasons ?? []).join("\n"), /api total_s/);
  await assert.rejects(
    gate({ baseline, targets: [target.replace("api=", "two=")], budgets: ["two.total_s=5%"] }),
    /"base" is a baseline of the export "api", and "two" is to be measured/,
  );
});

const refused: readonly (readonly [what: string, config: Partial<BenchConfig>, reason: RegExp])[] = [
  [
    "nothing left to measure",
    { targets: [], deliveries: ["none"] },
    /--deliveries none leaves nothing to measure/,
  ],
  [
    "rows that no target can be asked for",
    { targets: ["api=http://127.0.0.1:9/"], rows: 500 },
    /rows is 500, but no target can be asked for a number of rows/,
  ],
  ["a control that isn't measured", { control: "two" }, /--control "two" is not measured; there are: api\./],
  [
    "our deliveries beside versions of a target",
    { deliveries: ["streaming"], against: "git:HEAD" },
    /--deliveries streaming has nothing beside it/,
  ],
  [
    "a commit for a server that runs already",
    { targets: ["api=http://127.0.0.1:9/"], rows: null, against: "git:HEAD", budgets: ["api.total_s=5%"] },
    /--against git:HEAD starts the target "api" of that version, and its command is not known/,
  ],
  [
    "memory of a server that runs already",
    { targets: ["api=http://127.0.0.1:9/"], rows: null, budgets: ["api.peak_rss_over_idle_bytes<=1MiB"] },
    /can't be judged: "api" runs already/,
  ],
  [
    "CPU time by itself where servers share a core",
    { against: "git:HEAD", budgets: ["api.cpu_s_per_mib<=1ms"] },
    /api\.cpu_s_per_mib<=1ms can't be judged together with --against/,
  ],
  [
    "a percentage with nothing beside it",
    { budgets: ["api.total_s=5%"] },
    /api\.total_s has nothing to be compared with/,
  ],
  ["a strict run without a budget", { isStrict: true }, /--strict .* nothing to decide/],
  [
    "one other version of two targets",
    { targets: [target, target.replace("api=", "two=")], against: server() },
    /is another version of one target, and there are 2: api, two/,
  ],
];
for (const [what, config, reason] of refused) {
  test(`refuses ${what} before anything is started`, async () => {
    await assert.rejects(gate(config), { name: "RangeError", message: reason });
  });
}

test("a command that names a file of the working tree by its whole path is refused, because both versions would run it", async (t) => {
  const folder = await repository(t);
  process.env["STREAM_CSV_TEST_WORKSPACE"] = folder;
  t.after(() => delete process.env["STREAM_CSV_TEST_WORKSPACE"]);
  const names: readonly (readonly [path: string, change: Partial<BenchConfig>])[] = [
    [join(folder, "server.py"), { targets: [python.replace("server.py", `'${folder}/server.py'`)] }],
    [folder, { targets: [python.replace("exec", `cd ${folder}; exec`)] }],
    [
      join(folder, "server.py"),
      { targets: [python.replace("server.py", '"$STREAM_CSV_TEST_WORKSPACE/server.py"')] },
    ],
    [folder, { setup: `pip install -e ${folder}` }],
  ];
  for (const [path, change] of names) {
    const config = { targets: [python], rows: null, against: "git:HEAD", setup, ...change };
    const { result, fault } = await gate(config, { folder });
    assert.equal(result.exitCode, 1);
    assert.match(
      fault?.message ?? "",
      new RegExp(`^The target "api" names "${path}", which is in this working tree`),
    );
  }
  // What only this tree has is the same for both.
  const data = { targets: [python.replace("exec", `DATA=${folder}/made/rows.csv exec`)] };
  const config = { rows: null, against: "git:HEAD", setup: "exit 5", ...data };
  const { fault } = await gate(config, { folder });
  assert.match(fault?.message ?? "", /^The setup of git:HEAD, "exit 5", failed/);
});
