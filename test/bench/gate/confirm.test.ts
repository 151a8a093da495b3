import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultBudgets } from "../../../bench/gate/budget/budget.ts";
import { confirmRegressions, metricsToConfirm } from "../../../bench/gate/judge/confirm-regressions.ts";
import { gatedArmsOf, judgeRun, type GateReport } from "../../../bench/gate/judge/judge-run.ts";
import { arms, simulateRounds, type Simulated } from "./rounds.ts";

function batch(simulated: Omit<Simulated, "count">): GateReport {
  const rounds = simulateRounds({ count: 12, ...simulated });
  return judgeRun(gatedArmsOf("export", arms, rounds), defaultBudgets(["streaming"]));
}

test("nothing is confirmed where nothing regressed", () => {
  const passed = batch({ seed: 1 });
  assert.deepEqual(metricsToConfirm(passed), []);
  assert.equal(confirmRegressions(passed, batch({ seed: 2, cpu: 1.3 })), passed);
});

test("a regression in both batches is confirmed, with the numbers of the second", () => {
  const [first, second] = [batch({ seed: 3, cpu: 1.12 }), batch({ seed: 4, cpu: 1.12 })];
  assert.deepEqual(metricsToConfirm(first), ["streaming.cpu_s_per_mib"]);
  const both = confirmRegressions(first, second);
  assert.equal(both.verdict, "regression");
  assert.equal(both.judgements[0]?.comparison.ratio, second.judgements[0]?.comparison.ratio);
  assert.match(both.reasons[0] ?? "", /A first batch of rounds showed it too/);
});

test("a regression that the second batch does not show is inconclusive", () => {
  const both = confirmRegressions(batch({ seed: 5, cpu: 1.12 }), batch({ seed: 6 }));
  assert.equal(both.verdict, "inconclusive");
  assert.equal(both.judgements[0]?.comparison.verdict, "inconclusive");
  assert.match(both.reasons[0] ?? "", /didn't confirm it/);
});

test("the second batch decides only what it was measured for", () => {
  const both = confirmRegressions(
    batch({ seed: 7, cpu: 1.12 }),
    batch({ seed: 8, cpu: 1.12, memoryBytes: 2 ** 26 }),
  );
  assert.equal(both.judgements.find(({ name }) => name.includes("peak_rss"))?.verdict, "pass");
});

test("a second batch whose equal arms differ makes the run invalid", () => {
  const both = confirmRegressions(
    batch({ seed: 9, cpu: 1.12 }),
    batch({ seed: 10, cpu: 1.12, againCpu: 1.3 }),
  );
  assert.equal(both.verdict, "invalid");
});

test("a second batch without the metric does not clear the first", () => {
  const second = { ...batch({ seed: 12 }), judgements: [] };
  const both = confirmRegressions(batch({ seed: 11, cpu: 1.12 }), second);
  assert.equal(both.verdict, "invalid");
  assert.match(both.reasons[0] ?? "", /was not measured/);
});

test("a body of another size needs no confirmation and stays a regression", () => {
  const first = batch({ seed: 13, bodyBytes: 1001 });
  assert.equal(first.verdict, "regression");
  assert.deepEqual(metricsToConfirm(first), []);
  assert.equal(confirmRegressions(first, batch({ seed: 14 })).verdict, "regression");
});
