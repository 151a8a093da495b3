import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultBudgets, parseBudget, type Budget } from "../../../bench/gate/budget/budget.ts";
import {
  comparisonsOf,
  exitCodeOf,
  gatedArmsOf,
  judgeRun,
  tooFewRounds,
  type GateReport,
} from "../../../bench/gate/judge/judge-run.ts";
import type { Round } from "../../../bench/result/result.ts";
import { arms, simulateRounds, withMetric } from "./rounds.ts";

const mib = 1024 ** 2;
const budgets = defaultBudgets(["streaming"]);

function judge(rounds: readonly Round[], asked: readonly Budget[] = budgets): GateReport {
  return judgeRun(gatedArmsOf("export", arms, rounds), asked);
}

function verdictsOf({ judgements }: GateReport): Record<string, string> {
  return Object.fromEntries(judgements.map(({ name, verdict }) => [name, verdict]));
}

test("two equal versions pass, and every reason is a sentence with the change and its bounds", () => {
  const report = judge(simulateRounds({ count: 12, seed: 1 }));
  assert.equal(report.verdict, "pass");
  assert.deepEqual(verdictsOf(report), {
    "streaming.cpu_s_per_mib": "pass",
    "streaming.peak_rss_over_idle_bytes": "pass",
    "streaming.rows": "pass",
    "streaming.body_bytes": "pass",
  });
  assert.match(
    report.reasons[0] ?? "",
    /^streaming cpu_s_per_mib changed by [+−][\d.]+ % \([+−][\d.]+ % to [+−][\d.]+ %\): within its budget of 5 %\.$/,
  );
  assert.deepEqual(report.warnings, []);
});

test("10 % more CPU time is a regression with a budget of 5 %, and nothing else is", () => {
  const report = judge(simulateRounds({ count: 12, seed: 2, cpu: 1.1 }));
  assert.equal(report.verdict, "regression");
  assert.equal(verdictsOf(report)["streaming.cpu_s_per_mib"], "regression");
  assert.equal(verdictsOf(report)["streaming.peak_rss_over_idle_bytes"], "pass");
  assert.match(report.reasons[0] ?? "", /^streaming cpu_s_per_mib .*wholly over its budget of 5 %\.$/);
});

test("32 MiB more are a regression of memory; 4 MiB more are not, though they are 20 %", () => {
  const heavy = judge(simulateRounds({ count: 12, seed: 3, memoryBytes: 32 * mib }));
  assert.equal(verdictsOf(heavy)["streaming.peak_rss_over_idle_bytes"], "regression");
  assert.match(heavy.reasons[0] ?? "", /10 % and 8\.00 MiB/);
  const light = judge(simulateRounds({ count: 12, seed: 3, memoryBytes: 4 * mib }));
  assert.equal(verdictsOf(light)["streaming.peak_rss_over_idle_bytes"], "pass");
});

test("a change as large as the budget can't be decided, and the reason says what the rounds could have seen", () => {
  const report = judge(simulateRounds({ count: 12, seed: 4, cpu: 1.05, noise: 0.02 }));
  assert.equal(report.verdict, "inconclusive");
  assert.match(
    report.reasons[0] ?? "",
    /can't be decided\. These rounds could have seen a change of [\d.]+ %\.$/,
  );
});

test("a second control that differs makes the run invalid, whatever the treatment shows", () => {
  const report = judge(simulateRounds({ count: 12, seed: 5, cpu: 1.2, againCpu: 1.2 }));
  assert.equal(report.verdict, "invalid");
  assert.match(report.reasons[0] ?? "", /two equal arms differs by 2\d %.*can't tell two versions apart/);
  assert.ok(
    comparisonsOf(report).every(
      ({ metric, verdict }) => metric !== "cpu_s_per_mib" || verdict !== "regression",
    ),
  );
});

test("nothing is decided when the second control was not measured", () => {
  const rounds: Round[] = [];
  for (const round of simulateRounds({ count: 12, seed: 15, cpu: 1.2 })) {
    const { "streaming-again": _, ...measured } = round.arms;
    rounds.push({ ...round, arms: measured });
  }
  const report = judge(rounds);
  assert.equal(verdictsOf(report)["streaming.cpu_s_per_mib"], "inconclusive");
  assert.match(report.reasons[0] ?? "", /second control was measured in only 0 rounds/);
  const without = judgeRun(gatedArmsOf("export", arms.slice(0, 2), rounds), budgets);
  assert.equal(verdictsOf(without)["streaming.cpu_s_per_mib"], "regression");
});

test("a body of another size is a regression without any statistics", () => {
  const report = judge(simulateRounds({ count: 3, seed: 6, bodyBytes: 1001 }));
  assert.equal(verdictsOf(report)["streaming.body_bytes"], "regression");
  assert.match(report.reasons[0] ?? "", /body_bytes is 1001 and was 1000/);
});

test("beside another version, a budget for a value doesn't hide that the body is another one", () => {
  const asked = [parseBudget("streaming.total_s<=60s")];
  const report = judge(simulateRounds({ count: 3, seed: 6, bodyBytes: 999 }), asked);
  assert.deepEqual(verdictsOf(report), { "streaming.rows": "pass", "streaming.body_bytes": "regression" });
  const unasked = judge(simulateRounds({ count: 3, seed: 6, bodyBytes: 999 }), [
    parseBudget("other.total_s<=60s"),
  ]);
  assert.deepEqual(unasked.judgements, []);
});

test("too few rounds give a warning and decide nothing, however clear they look", () => {
  const four = parseBudget("streaming.cpu_s_per_mib=5%");
  const report = judge(simulateRounds({ count: 4, seed: 7, cpu: 3 }), [four]);
  assert.equal(verdictsOf(report)["streaming.cpu_s_per_mib"], "inconclusive");
  assert.match(report.warnings[0] ?? "", /4 rounds can.t decide 1 budget .*raise --rounds to 5/);
  assert.match(report.reasons[0] ?? "", /4 rounds are too few for a decision/);
  assert.equal(judge(simulateRounds({ count: 5, seed: 7, cpu: 3 }), [four]).verdict, "regression");
});

test("six rounds decide three metrics and not four", () => {
  const names = ["cpu_s_per_mib", "total_s", "first_byte_s", "loop_s_per_export"];
  const four = names.map((name) => parseBudget(`streaming.${name}=5`));
  assert.deepEqual(tooFewRounds(6, four.slice(0, 3)), []);
  assert.match(
    tooFewRounds(6, four)[0] ?? "",
    /^6 rounds can.t decide 4 budgets .*raise --rounds to 7 at least/,
  );
});

test("a metric that was not measured is inconclusive and never a pass", () => {
  const rounds = withMetric(simulateRounds({ count: 12, seed: 8 }), "cpu_s_per_mib", null);
  const report = judge(rounds);
  assert.equal(verdictsOf(report)["streaming.cpu_s_per_mib"], "inconclusive");
  assert.match(report.reasons[0] ?? "", /measured in no round/);
  assert.equal(judge([]).verdict, "inconclusive");
});

test("invalid rounds count nothing", () => {
  const good = simulateRounds({ count: 12, seed: 9 });
  const bad = structuredClone(simulateRounds({ count: 12, seed: 10, cpu: 9 }));
  for (const round of bad) Object.assign(round, { valid: false });
  assert.equal(judge([...good, ...bad]).verdict, "pass");
});

test("memory that is not above idle has no ratio, and is judged by its bytes", () => {
  const rounds = withMetric(simulateRounds({ count: 12, seed: 11 }), "peak_rss_over_idle_bytes", 0);
  assert.equal(verdictsOf(judge(rounds))["streaming.peak_rss_over_idle_bytes"], "pass");
});

test("refuses a budget for a delivery that is not measured", () => {
  assert.throws(
    () => judge(simulateRounds({ count: 12, seed: 1 }), [parseBudget("file.total_s=5")]),
    /budget for file, which is not measured; these are measured: streaming/,
  );
});

test("the comparisons of a report fit the result file: raw bounds, level, rounds, detectable effect, budget", () => {
  const [cpu, aa, memory] = comparisonsOf(judge(simulateRounds({ count: 12, seed: 1 })));
  assert.equal(cpu?.treatment, "streaming");
  assert.equal(cpu.control, "streaming-other");
  assert.equal(cpu.n, 12);
  assert.equal(cpu.budget, 0.05);
  assert.ok(cpu.level !== null && cpu.level >= 0.975 && cpu.level < 0.99);
  assert.ok(cpu.mde !== null && cpu.mde > 0.001 && cpu.mde < 0.05);
  assert.match(cpu.reason ?? "", /^streaming cpu_s_per_mib changed by/);
  assert.equal(cpu.least, null);
  assert.equal(memory?.least, 8 * mib);
  assert.equal(aa?.treatment, "streaming-again");
  assert.equal(aa.reason, undefined);
  assert.equal(aa.verdict, "informational");
});

test("exit codes: 0 pass, 2 regression, 3 inconclusive in a strict run, 4 invalid", () => {
  assert.equal(exitCodeOf("pass", true), 0);
  assert.equal(exitCodeOf("regression", false), 2);
  assert.equal(exitCodeOf("inconclusive", false), 0);
  assert.equal(exitCodeOf("inconclusive", true), 3);
  assert.equal(exitCodeOf("invalid", false), 4);
});

test("in a thousand simulated runs of a version that is exactly at its limit, at most one in twenty is called a regression", () => {
  const runs = 1000;
  let failed = 0;
  for (let seed = 0; seed < runs; seed += 1) {
    const { verdict } = judge(simulateRounds({ count: 8, seed, cpu: 1.05, noise: 0.04 }), [
      parseBudget("streaming.cpu_s_per_mib=5%"),
    ]);
    if (verdict === "regression") failed += 1;
  }
  assert.ok(failed / runs <= 0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs), `${failed} of ${runs}`);
});
