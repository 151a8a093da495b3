import assert from "node:assert/strict";
import { test } from "node:test";
import { relativeBudget } from "./relative-budget.ts";
import { judgeMetric, type Judgement } from "../../../bench/gate/judge/judge-metric.ts";

/** Eight rounds in which the control waited about a second, but not at all in the first, unless it is told otherwise. */
function judge(
  treatmentOf: (waited: number) => number,
  controlOf = (waited: number): number => waited,
): Judgement {
  const rounds = Array.from({ length: 8 }, (_, index) => {
    const waited = index === 0 ? 0 : 1 + index / 100;
    const control = controlOf(waited);
    return { treatment: treatmentOf(waited), control, aa: control };
  });
  const arms = { treatment: "streaming", control: "streaming-control", aa: "streaming-aa" };
  return judgeMetric(
    { scenario: "export", arms, rounds },
    relativeBudget("streaming.queue_wait_s=50%"),
    0.95,
  );
}

test("a round with a zero has no ratio, and the metric is judged all the same", () => {
  const { verdict, reason, comparison } = judge((control) => 10 * control + 1);
  assert.equal(verdict, "regression");
  assert.equal(comparison.ratio, null);
  assert.ok(comparison.level !== null && comparison.level >= 0.95);
  assert.match(reason, /has no ratio in 8 rounds.*wholly over its budget of 50 %/);
  assert.equal(judge((control) => control).verdict, "pass");
  assert.equal(judge((control) => 1.5 * control + (control > 1.04 ? 1 : -1)).verdict, "inconclusive");
});

test("rounds with less than nothing pass when nothing changed, and not when it is worse by more than the budget", () => {
  // Memory over idle is below zero where a server gives memory back.
  const belowZero = (waited: number): number => -1 - waited;
  assert.equal(judge(belowZero, belowZero).verdict, "pass");
  assert.equal(judge((waited) => 1 + waited, belowZero).verdict, "regression");
});
