import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { parse } from "valibot";
import { remainingRuns } from "../../../dev/calibrate/calibration-plan.ts";
import { recordOf } from "../../../dev/calibrate/calibration-record.ts";
import { summarize } from "../../../dev/calibrate/calibration-summary.ts";
import { copyVersion, type Handicap } from "../../../dev/calibrate/version-copy.ts";
import { defaultBudgets } from "../../../bench/gate/budget/budget.ts";
import { parseCalibration, type CalibrationRun } from "../../../bench/gate/budget/calibration-run.ts";
import { comparisonsOf, gatedArmsOf, judgeRun } from "../../../bench/gate/judge/judge-run.ts";
import { peakResidentBytes } from "../../../bench/probe/proc-sampler.ts";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { processTree } from "../../../bench/probe/process-tree.ts";
import { resultSchema } from "../../../bench/result/schema.ts";
import { endWithUs } from "../../harness/children.ts";
import { simulateResult } from "../../bench/gate/results.ts";
import { arms, simulateRounds, type Simulated } from "../../bench/gate/rounds.ts";

const place = { fingerprint: "here", build: "abc" };

/** The record of a made-up gate run. */
function runOf(kind: CalibrationRun["kind"], simulated: Omit<Simulated, "count">): CalibrationRun {
  const rounds = simulateRounds({ count: 8, ...simulated });
  const report = judgeRun(gatedArmsOf("export", arms, rounds), defaultBudgets(["streaming"]));
  const result = parse(resultSchema, {
    ...simulateResult({ seed: simulated.seed }),
    arms,
    rounds,
    comparisons: comparisonsOf(report),
    verdict: report.verdict,
  });
  return recordOf(kind, result, { build: "abc", command: ["--quick"], elapsedSeconds: 25 });
}

test("the record of a gate run keeps its verdicts, its ratios and those of the equal arms", () => {
  const run = runOf("slow", { seed: 1, cpu: 1.12 });
  const names = ["streaming.cpu_s_per_mib", "streaming.peak_rss_over_idle_bytes"];
  assert.deepEqual(Object.keys(run.verdicts), names);
  assert.deepEqual(Object.keys(run.equalRatios), names);
  assert.equal(run.verdicts["streaming.cpu_s_per_mib"], "regression");
  assert.equal(run.verdict, "regression");
  assert.deepEqual(parseCalibration(`${JSON.stringify(run)}\n`, "f"), [run]);
});

test("the kinds are spread over a calibration, and finished runs aren't repeated", () => {
  assert.deepEqual(remainingRuns({ aa: 4, slow: 2, heavy: 1 }, [], place), [
    "aa",
    "slow",
    "aa",
    "heavy",
    "aa",
    "slow",
    "aa",
  ]);
  const done = [runOf("aa", { seed: 1 }), runOf("heavy", { seed: 2 })];
  const left = remainingRuns({ aa: 2, slow: 1, heavy: 1 }, done, place);
  assert.deepEqual(left.toSorted(), ["aa", "slow"]);
  const elsewhere = remainingRuns({ aa: 2, slow: 1, heavy: 1 }, done, { ...place, build: "def" });
  assert.equal(elsewhere.length, 4);
});

test("a summary says for each kind whether the gate keeps its promise", () => {
  const good = [
    runOf("aa", { seed: 1 }),
    runOf("slow", { seed: 2, cpu: 1.12 }),
    runOf("heavy", { seed: 3, memoryBytes: 32 * 1024 ** 2 }),
  ];
  const machine = good[0]!.environment;
  const kept = summarize(good, machine);
  assert.equal(kept.isKept, true);
  assert.match(kept.sentences[0] ?? "", /^aa: 0 false regressions in 1 runs, as promised \(1 pass\)\.$/);
  assert.match(
    kept.sentences[2] ?? "",
    /^slow: by 1\d % in the median, and by 1\d % to 1\d % in nine of ten runs\.$/,
  );
  assert.match(kept.sentences.join("\n"), /cpu_s_per_mib: too few runs for a noise floor/);
  const missed = summarize([...good, runOf("slow", { seed: 4 })], machine);
  assert.equal(missed.isKept, false);
  assert.match(
    missed.sentences[1] ?? "",
    /^slow: 1 regressions of streaming\.cpu_s_per_mib found in 2 runs, not as promised \(1 pass, 1 regression\)\.$/,
  );
  assert.equal(summarize([...good, runOf("aa", { seed: 5, cpu: 1.3 })], machine).isKept, false);
  assert.match(summarize(good, { ...machine, cores: 64 }).sentences[0] ?? "", /^aa: no runs so far\.$/);
  const other = Object.assign(runOf("slow", { seed: 4 }), { build: "before" });
  assert.equal(summarize([other, ...good], machine).isKept, true);
  const untrusted = Array.from({ length: 100 }, () => {
    return Object.assign(runOf("aa", { seed: 1 }), { verdict: "invalid" });
  });
  const unknown = summarize(untrusted, machine);
  assert.equal(unknown.isKept, false);
  assert.match(unknown.sentences[0] ?? "", /in 100 runs, not as promised \(100 invalid\)/);
});

/** The bytes that a copy's server streamed, and its peak memory. */
async function streamFrom(handicap: Handicap): Promise<{ sha256: string; peakBytes: number }> {
  const copy = await copyVersion(handicap);
  const child = spawn(process.execPath, [copy.program, "serve", "--port", "0", "--log-level", "silent"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  endWithUs(child);
  const closed = once(child, "close");
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    const url = `${line.replace("listening on ", "")}/exports/orders.csv?rows=50000`;
    const body = Buffer.from(await (await fetch(url)).arrayBuffer());
    const tree = hasProcFiles ? await processTree(child.pid ?? 0) : [];
    return {
      sha256: createHash("sha256").update(body).digest("hex"),
      peakBytes: peakResidentBytes(tree),
    };
  } finally {
    child.kill("SIGTERM");
    await closed;
    await copy.remove();
  }
}

test(
  "handicapped copies stream the same bytes, and the heavier one holds 32 MiB more",
  { skip: !hasProcFiles },
  async () => {
    const plain = await streamFrom(null);
    const slower = await streamFrom("slower-streams");
    const heavier = await streamFrom("heavier-streams");
    assert.equal(slower.sha256, plain.sha256);
    assert.equal(heavier.sha256, plain.sha256);
    const more = heavier.peakBytes - plain.peakBytes;
    assert.ok(more > 24 * 1024 ** 2 && more < 48 * 1024 ** 2, `${more} bytes more`);
  },
);
