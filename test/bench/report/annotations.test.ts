import assert from "node:assert/strict";
import { test } from "node:test";
import { comparisonsOf, gatedArmsOf, judgeRun } from "../../../bench/gate/judge/judge-run.ts";
import { defaultBudgets } from "../../../bench/gate/budget/budget.ts";
import { githubAnnotations } from "../../../bench/report/github-annotations.ts";
import { fixtureResult } from "./results.ts";

for (const name of ["explaining", "pass"]) {
  test(`the ${name} result has no annotation`, () => {
    assert.deepEqual(githubAnnotations(fixtureResult(name)), []);
  });
}

const title = "::error title=stream-csv%3A regression%3A CPU per MiB of streaming::";

test("a regression is an error with the sentence that it was judged by", () => {
  assert.deepEqual(githubAnnotations(fixtureResult("regression")), [
    `${title}streaming cpu_s_per_mib changed by +12 %25 (+11 %25 to +13 %25): wholly over its budget of 5 %25.`,
  ]);
});

test("in a result of an older version the error names metric, ratio and budget", () => {
  const result = fixtureResult("hostile");
  const comparisons = result.comparisons.map((item) => ({ ...item, treatment: "streaming" }));
  assert.deepEqual(githubAnnotations({ ...result, comparisons }), [
    `${title}export: CPU per MiB of streaming is 1.20× (1.10–1.30) that of main; the budget is 5 %25: regression.`,
  ]);
});

test("the error for a body that changed says how it changed", () => {
  const result = fixtureResult("regression");
  const rounds = result.rounds.map((round) => {
    const arms = { ...round.arms, streaming: { ...round.arms["streaming"], body_bytes: 11_148_471 } };
    return { ...round, arms };
  });
  const gate = judgeRun(gatedArmsOf("export", result.arms, rounds), defaultBudgets(["streaming"]));
  const [, line] = githubAnnotations({ ...result, comparisons: comparisonsOf(gate) });
  assert.match(line ?? "", /body_bytes is 11148471 and was 11148470: it has to be equal\.$/);
});

test("what can't be decided is a warning", () => {
  const [line = "", ...others] = githubAnnotations(fixtureResult("inconclusive"));
  assert.match(line, /^::warning title=stream-csv%3A inconclusive%3A CPU per MiB of streaming::/);
  assert.deepEqual(others, []);
});

test("an invalid result is an error that says what was wrong", () => {
  const [line = "", ...others] = githubAnnotations(fixtureResult("invalid"));
  assert.match(line, /^::error title=stream-csv%3A Invalid%3A these numbers can't be trusted::/);
  assert.match(line, /integrity\.buffered\.bytes is 11148469, but 11148470 was expected\./);
  assert.deepEqual(others, []);
});

test("an interrupted run is a warning", () => {
  const [line = ""] = githubAnnotations(fixtureResult("interrupted"));
  assert.match(line, /^::warning title=stream-csv%3A Incomplete::The run ended early/);
});

test("no text of a result can make an annotation of its own", () => {
  const result = {
    ...fixtureResult("invalid"),
    checks: [],
    warnings: ["bad\n::error::injected\r100%\u001b[31m"],
  };
  const integrity = { ...result.integrity, equal: true };
  const [line = "", ...others] = githubAnnotations({ ...result, integrity });
  assert.equal(line.split(/[\r\n]/).length, 1);
  assert.ok(line.includes("bad%0A: :error::injected%0A100%25 [31m"), line);
  assert.deepEqual(others, []);
});

test("there are no more annotations than GitHub shows", () => {
  const result = fixtureResult("regression");
  const comparison = result.comparisons.find(({ verdict }) => verdict === "regression");
  assert.ok(comparison !== undefined);
  const comparisons = Array.from({ length: 30 }, () => comparison);
  assert.equal(githubAnnotations({ ...result, comparisons }).length, 10);
});
