import assert from "node:assert/strict";
import { test } from "node:test";
import { absoluteOf, parseBudget } from "../../../bench/gate/budget/budget.ts";
import { judgeAbsolute } from "../../../bench/gate/judge/judge-absolute.ts";
import type { Judgement } from "../../../bench/gate/judge/judge-metric.ts";

function judge(text: string, values: readonly number[], metric = "total_s"): Judgement {
  const rounds = values.map((value, index) => ({
    scenario: "export",
    index,
    order: ["api"],
    valid: true,
    arms: { api: { [metric]: value } },
  }));
  const [budget] = absoluteOf([parseBudget(text)]);
  assert.ok(budget !== undefined);
  return judgeAbsolute("export", rounds, budget, 0.95);
}

const around = [0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2, 1.25];

test("a value is kept where its bounds lie within, broken where they lie beyond, and else undecided", () => {
  assert.equal(judge("api.total_s<=2s", around).verdict, "pass");
  assert.equal(judge("api.total_s<=500ms", around).verdict, "regression");
  assert.equal(judge("api.total_s<=1.1s", around).verdict, "inconclusive");
});

test("what should be high is broken by what is lower", () => {
  const rates = around.map((value) => value * 1e6);
  assert.equal(judge("api.rows_per_s>=500000", rates, "rows_per_s").verdict, "pass");
  assert.equal(judge("api.rows_per_s>=2000000", rates, "rows_per_s").verdict, "regression");
});

test("the reason has the value, its bounds and the budget as it was written", () => {
  const { reason, comparison, name } = judge("api.total_s<=500ms", around);
  assert.equal(name, "api.total_s<=500ms");
  assert.match(
    reason,
    /^api total_s is 1\.0\d s \(950 ms to 1\.20 s\): wholly beyond its budget of <=500ms\.$/,
  );
  assert.deepEqual(comparison.limit, { bound: "most", value: 0.5 });
  assert.deepEqual(comparison.ci, [1.9, 2.4]);
});

test("too few rounds, and rounds without the metric, decide nothing", () => {
  assert.match(judge("api.total_s<=2s", [1, 1]).reason, /2 rounds are too few/);
  assert.match(judge("api.first_byte_s<=2s", around).reason, /measured in no round/);
});

test("a value that is too short to be measured is no 0 s in the reason", () => {
  const values = Array.from({ length: 8 }, () => 0);
  assert.match(
    judge("api.queue_wait_s<=1s", values, "queue_wait_s").reason,
    /^api queue_wait_s is < 1\.00 ms \(< 1\.00 ms to < 1\.00 ms\): within/,
  );
});
