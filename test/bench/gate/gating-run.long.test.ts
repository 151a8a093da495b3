import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "valibot";
import { baselineOf } from "../../../bench/gate/baseline/baseline.ts";
import { resultSchema } from "../../../bench/result/schema.ts";
import {
  runBench,
  type BenchConfig,
  type BenchHooks,
  type BenchRun,
  type CalibrationRun,
  type MachineSample,
} from "../../../bench/index.ts";
import { terminalReport } from "../../../bench/report/terminal/terminal.ts";
import { describeEnvironment } from "../../../bench/probe/describe-environment.ts";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { processTree } from "../../../bench/probe/process-tree.ts";
import { endOnSignal } from "../../harness/children.ts";

const fixture = fileURLToPath(new URL("../../../fixtures/programs/faulty-server.js", import.meta.url));

// Servers that a run starts in this process are ended when it exits.
endOnSignal();

/** A command that starts the fixture as the other version. */
function other(fault = ""): string {
  return `"${process.execPath}" "${fixture}"${fault === "" ? "" : ` --fault ${fault}`}`;
}

/** So wide that only a version which does something else altogether is over it. */
const wide = ["streaming.cpu_s_per_mib=1000%"];
const small: BenchConfig = { rows: 3000, rounds: 5, seed: 1, isQuick: true, budgets: wide };

/** A machine that nobody else is on, so that what a test shows doesn't hang on the host it runs on. */
const calm = (): Promise<MachineSample> => Promise.resolve({ ticks: null, throttling: null });

/** A gating run of the fixture, small enough for a test; it leaves no process behind, whatever happens. */
async function gate(config: Partial<BenchConfig>, hooks: Partial<BenchHooks> = {}): Promise<BenchRun> {
  const tool = { name: "stream-csv", version: "0.0.0" };
  const outcome = await runBench(
    { ...small, ...config },
    { cli: [process.execPath, fixture], tool, sampleMachine: calm, ...hooks },
  );
  if (hasProcFiles) assert.deepEqual(await processTree(process.pid), [process.pid]);
  assert.deepEqual(parse(resultSchema, JSON.parse(JSON.stringify(outcome.result))), outcome.result);
  return outcome;
}

async function killChildren(): Promise<void> {
  for (const pid of await processTree(process.pid)) if (pid !== process.pid) process.kill(pid, "SIGKILL");
}

const onlyLinux = { skip: !hasProcFiles };

test(
  "equal versions pass, and every comparison has its interval and what the rounds could have seen",
  onlyLinux,
  async () => {
    const { result, fault } = await gate({ against: other() });
    assert.equal(fault, null);
    assert.equal(result.verdict, "pass");
    assert.equal(result.exitCode, 0);
    assert.equal(result.complete, true);
    assert.deepEqual(
      result.arms.map(({ id, role }) => `${id} ${role}`),
      ["streaming treatment", "streaming-control control", "streaming-aa aa"],
    );
    assert.equal(result.rounds.length, 5);
    const gated = result.comparisons.filter(({ budget }) => budget !== null);
    assert.deepEqual(
      gated.map(({ metric, treatment, verdict, n }) => [metric, treatment, verdict, n]),
      [
        ["cpu_s_per_mib", "streaming", "pass", 5],
        ["rows", "streaming", "pass", 5],
        ["body_bytes", "streaming", "pass", 5],
      ],
    );
    assert.ok((gated[0]?.mde ?? 0) > 0);
    const places = result.comparisons.map(({ scenario, metric, treatment }) =>
      [scenario, metric, treatment].join(" "),
    );
    assert.equal(new Set(places).size, places.length);
    assert.ok(places.includes("export cpu_s_per_mib streaming-aa"));
    const text = terminalReport(result, { hasColor: false });
    assert.match(text, /^Pass: all 3 comparisons are within their budgets\.$/m);
    assert.match(text, /^Verdict: pass\n$/m);
    assert.match(text, /streaming\/streaming-control/);
    assert.doesNotMatch(text, /Choose|no budget was set/);
  },
);

test("a version with other bytes is a regression, whatever it costs", onlyLinux, async () => {
  const { result, fault } = await gate({ against: other("longer"), rounds: 1 });
  assert.equal(fault, null);
  assert.equal(result.verdict, "regression");
  assert.equal(result.exitCode, 2);
  assert.match(
    (result.reasons ?? []).join("\n"),
    /streaming body_bytes is \d+ and was \d+: it has to be equal\./,
  );
});

test("a version with other bytes of the same number is a regression, too", onlyLinux, async () => {
  const { result, fault } = await gate({ against: other("swap-rows"), rounds: 1 });
  assert.equal(fault, null);
  assert.equal(result.verdict, "regression");
  assert.equal(result.exitCode, 2);
  assert.match(
    (result.reasons ?? []).join("\n"),
    /streaming body_bytes is \d+ as before, but they are other bytes: their CRC-32 is [0-9a-f]{8} and was [0-9a-f]{8}\./,
  );
  const config = result.config as {
    readonly exportsPerRound?: { readonly alone?: unknown; readonly duet?: unknown };
    readonly againstSha?: unknown;
  };
  const { alone, duet } = config.exportsPerRound ?? {};
  // How many are in the duet depends on how fast the machine is.
  assert.ok(alone === 1 && typeof duet === "number" && duet >= 1 && duet <= 32, JSON.stringify(config));
  assert.equal(config.againstSha, null);
});

/** A machine of which others take a fifth while the rounds of these numbers, counted from 0, are measured. */
function stolenIn(rounds: readonly number[]): () => Promise<MachineSample> {
  let samples = 0;
  let stolen = 0;
  return () => {
    // A sample before each round and one after it.
    const round = Math.floor(samples / 2);
    if (samples % 2 === 1 && rounds.includes(round)) stolen += 200;
    samples += 1;
    return Promise.resolve({ ticks: { stolen, total: 1000 * samples }, throttling: null });
  };
}

let measured: Promise<BenchRun & { readonly notices: readonly string[] }> | undefined;

/** Two rounds of equal versions, of which the second has to be repeated: one run, for the tests of what it says. */
function twoRounds(): NonNullable<typeof measured> {
  const notices: string[] = [];
  const hooks = { sampleMachine: stolenIn([1]), onNotice: (text: string) => notices.push(text) };
  measured ??= gate({ against: other(), rounds: 2 }, hooks).then((outcome) => ({ ...outcome, notices }));
  return measured;
}

test(
  "says before the first round that too few rounds decide nothing, and refuses them with --strict",
  onlyLinux,
  async () => {
    const tooFew = /2 rounds can't decide 1 budget .*raise --rounds to 5 at least/;
    await assert.rejects(gate({ against: other(), rounds: 2, isStrict: true }), (error: unknown) => {
      assert.match(String(error), tooFew);
      assert.match(String(error), /With --strict such a run can only fail/);
      return true;
    });
    const { result, notices } = await twoRounds();
    assert.equal(result.exitCode, 0);
    assert.equal(result.verdict, "inconclusive");
    assert.match(notices.join("\n"), tooFew);
    assert.match(result.warnings.join("\n"), tooFew);
  },
);

test(
  "an earlier run of the same rows is a baseline, and a later one passes against it",
  onlyLinux,
  async () => {
    const explaining = { budgets: [], scenarios: ["export"], deliveries: ["streaming", "buffered"] };
    const first = await gate({ ...explaining, rounds: 4 });
    const baseline = { name: "before.json", content: baselineOf(first.result) };
    const { result, fault } = await gate({ rows: null, rounds: 3, baseline });
    assert.equal(fault, null);
    assert.equal(result.integrity.rows, 3000);
    assert.equal(result.config["baseline"], "before.json");
    assert.equal(result.verdict, "pass");
    assert.match((result.reasons ?? []).join("\n"), /Both runs read the same \d+ bytes\./);
    const elsewhere = {
      ...baseline.content,
      environment: { ...baseline.content.environment, fingerprint: "x" },
    };
    const name = "before.json";
    await assert.rejects(
      gate({ rows: null, baseline: { name, content: elsewhere }, budgets: ["buffered.total_s=10%"] }),
      /"before\.json" has no buffered\.total_s that can be compared with this kind of machine; it has: streaming\.first_byte_s/,
    );
    await assert.rejects(
      gate({ exportName: "wide", baseline }),
      /"before\.json" is a baseline of the export "orders", and "wide" is to be measured/,
    );
  },
);

test("a round with too much stolen time is repeated once and does not count", onlyLinux, async () => {
  const { result, fault } = await twoRounds();
  assert.equal(fault, null);
  assert.deepEqual(
    result.rounds.map(({ valid }) => valid),
    [true, false, true],
  );
  assert.match(result.rounds[1]?.reason ?? "", /^20 % of the CPU time went to other guests/);
  assert.deepEqual(result.rounds[1]?.order, result.rounds[2]?.order);
  assert.ok(result.comparisons.every(({ n }) => n === 2));
  assert.equal(result.complete, true);
});

test(
  "when CPU time was stolen in the repetition too, the run is invalid and says so",
  onlyLinux,
  async () => {
    const { result, fault } = await gate(
      { against: other(), rounds: 1 },
      { sampleMachine: stolenIn([0, 1]) },
    );
    assert.match(fault?.message ?? "", /nor could its repetition: 20 % of the CPU time went to other guests/);
    assert.equal(result.verdict, "invalid");
    assert.equal(result.exitCode, 4);
    assert.equal(result.complete, false);
  },
);

test("a server that is killed in a round makes the run invalid, with the reason", onlyLinux, async () => {
  let killed = false;
  const { result, fault } = await gate(
    { against: other() },
    {
      onProgress({ label }) {
        if (killed || !label.startsWith("round 2 of 5")) return;
        killed = true;
        // All servers of the round stand ready; whichever is measured next is among them.
        void killChildren();
      },
    },
  );
  assert.ok(killed);
  assert.ok(fault !== null && fault.message.length > 20, fault?.message);
  assert.ok([1, 4].includes(result.exitCode), `exit code ${result.exitCode}`);
  assert.equal(result.verdict, "invalid");
  assert.equal(result.complete, false);
  assert.equal(result.rounds[0]?.valid, true);
  assert.equal(result.rounds.at(-1)?.valid, false);
});

test("another version that does not start is an error of the tool, with its last words", async () => {
  const { result, fault } = await gate({ against: other("exit-early") });
  assert.match(fault?.message ?? "", /ended before it was ready.*the licence of this fixture has expired/);
  assert.equal(result.exitCode, 1);
});

test("another version whose program is missing is an error of the tool that names it", async () => {
  const { result, fault } = await gate({ against: "./no-such-program" });
  assert.match(fault?.message ?? "", /no-such-program serve .* could not be started/);
  assert.equal(result.exitCode, 1);
});

test("another version that gives too few rows makes the run invalid before anything is timed", async () => {
  const { result, fault } = await gate({ against: other("drop-row") });
  assert.match(
    fault?.message ?? "",
    /integrity\.the other version\.streaming\.rows is 2999, and should be 3000/,
  );
  assert.equal(result.exitCode, 4);
  assert.deepEqual(result.rounds, []);
});

test("a commit that does not exist is an error of the tool, and leaves nothing behind", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  try {
    const { result, fault } = await gate({ against: "git:no-such-branch" }, { folder });
    assert.equal(result.exitCode, 1);
    assert.equal(result.complete, false);
    assert.match(fault?.message ?? "", /is not in a git repository|is not a commit/);
    assert.deepEqual(await readdir(folder), []);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a budget below the noise of this kind of machine is refused with the floor, before anything is started", async () => {
  const environment = await describeEnvironment();
  const calibration = Array.from({ length: 20 }, (): CalibrationRun => ({
    schema: "stream-csv.calibration.v1",
    kind: "aa",
    createdAt: "2026-01-01T00:00:00.000Z",
    gitSha: null,
    build: "abc",
    environment,
    seed: 1,
    command: [],
    elapsedSeconds: 25,
    verdict: "pass",
    exitCode: 0,
    verdicts: {},
    ratios: {},
    equalRatios: { "streaming.cpu_s_per_mib": 1.08 },
  }));
  await assert.rejects(
    gate({ against: other(), budgets: ["streaming.cpu_s_per_mib=5%"] }, { calibration }),
    /budget streaming\.cpu_s_per_mib=5% is below the noise of this machine: in 20 calibration runs .* up to 8% /,
  );
});

const refused: readonly (readonly [Partial<BenchConfig>, RegExp])[] = [
  [
    { budgets: wide },
    /The budget for streaming\.cpu_s_per_mib has nothing to be compared with: add --against/,
  ],
  [
    { against: other(), budgets: ["streaming.cpu=5%"] },
    /"cpu" in "streaming\.cpu=5%" is not a metric; there are: first_byte_s/,
  ],
  [
    { against: other(), budgets: ["pigeon.total_s=5%"] },
    /a budget for pigeon\.total_s, but only these are measured: streaming/,
  ],
  [
    { against: other(), budgets: ["streaming.ping_p99_s=5%"] },
    /ping_p99_s can't be judged: .*which gives first_byte_s/,
  ],
  [
    { against: other(), budgets: ["file.total_s=5%"] },
    /budget for file\.total_s, but only these are measured: streaming\. Name more of them with --deliveries/,
  ],
  [{ against: other(), budgets: [...wide, ...wide] }, /There are two budgets for streaming\.cpu_s_per_mib/],
  [{ against: other(), scenarios: ["leave"] }, /A run that gates needs the scenario export/],
  [
    { against: other(), targets: ["x=http://127.0.0.1/"], budgets: [] },
    /"x" runs already, so its memory and CPU time, .* are not known: name budgets, such as --budget x\.total_s=10%/,
  ],
  [{ against: "git:" }, /"git:" does not name a version: write git:REF/],
  [{ against: "" }, /The command "" names no program/],
  [{ against: "node 'old" }, /has a ' that is not closed/],
];
for (const [config, reason] of refused) {
  const shown = { ...config, ...(config.against === other() ? { against: "…" } : {}) };
  test(`refuses ${JSON.stringify(shown)} before anything is started`, async () => {
    await assert.rejects(gate(config), { name: "RangeError", message: reason });
  });
}
