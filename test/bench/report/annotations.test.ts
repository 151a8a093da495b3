import assert from "node:assert/strict";
import { test } from "node:test";
import { githubAnnotations } from "../../../bench/index.ts";
import { fixtureResult } from "./results.ts";

for (const name of ["explaining", "pass"]) {
  test(`a result that is ${name} has no annotation`, () => {
    assert.deepEqual(githubAnnotations(fixtureResult(name)), []);
  });
}

test("a regression is an error that names metric, ratio and budget", () => {
  assert.deepEqual(githubAnnotations(fixtureResult("regression")), [
    "::error title=stream-csv%3A regression%3A CPU per MiB of this::export: CPU per MiB of this is ×1.12 (1.11–1.13) that of main; the budget is 5 %25: regression.",
  ]);
});

test("what can't be decided is a warning", () => {
  const [line = "", ...others] = githubAnnotations(fixtureResult("inconclusive"));
  assert.match(line, /^::warning title=stream-csv%3A inconclusive%3A CPU per MiB of this::/);
  assert.deepEqual(others, []);
});

test("an invalid result is an error that says what was wrong", () => {
  const [line = "", ...others] = githubAnnotations(fixtureResult("invalid"));
  assert.match(line, /^::error title=stream-csv%3A Invalid%3A these numbers can't be trusted::/);
  assert.match(line, /integrity\.buffered\.bytes is 11148469, and should be 11148470\./);
  assert.deepEqual(others, []);
});

test("an interrupted run is a warning", () => {
  const [line = ""] = githubAnnotations(fixtureResult("interrupted"));
  assert.match(line, /^::warning title=stream-csv%3A Incomplete::The run ended before/);
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
