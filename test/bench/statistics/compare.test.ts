import assert from "node:assert/strict";
import { test } from "node:test";
import { boundRounds, boundRuns, compareRounds } from "../../../bench/statistics/compare.ts";
import { assertClose } from "./assert-close.ts";

test("the ratio of treatment to control is estimated in logarithms", () => {
  const estimate = compareRounds([
    { treatment: 2, control: 1 },
    { treatment: 20, control: 10 },
    { treatment: 0.5, control: 0.25 },
  ]);
  assertClose(estimate?.ratio, 2);
  assertClose(estimate?.low, 2);
  assert.equal(estimate?.rounds, 3);
  assert.match(estimate?.method ?? "", /ties/);
});

test("there is no ratio when a value is not above zero", () => {
  assert.equal(compareRounds([{ treatment: 1, control: 0 }]), null);
  assert.equal(compareRounds([{ treatment: -1, control: 1 }]), null);
  assert.equal(compareRounds([]), null);
});

test("each bound of a ratio has its level by itself, with what the rounds could have shown", () => {
  const pairs = Array.from({ length: 12 }, (_, index) => ({
    treatment: 110 + (index % 5),
    control: 100 + (index % 3),
  }));
  const bounds = boundRounds(pairs, 0.95);
  assert.ok(bounds !== null && bounds.low < bounds.ratio && bounds.ratio < bounds.high);
  assert.ok(bounds.level >= 0.95 && bounds.level < 0.97);
  assert.ok(bounds.detectable !== null && bounds.detectable > 0 && bounds.detectable < 0.1);
  assert.match(bounds.method, /one-sided/);
  assert.equal(boundRounds([{ treatment: 1, control: 0 }], 0.95), null);
});

test("two runs without pairs have a ratio of logarithms too", () => {
  const before = [100, 101, 102, 103, 104, 105, 106, 107];
  const bounds = boundRuns(
    before.map((value) => value * 2),
    before,
    0.95,
  );
  assertClose(bounds?.ratio, 2, 0.01);
  assert.ok(bounds !== null && bounds.low > 1.9 && bounds.high < 2.1);
  assert.match(bounds.method, /unpaired/);
  assert.equal(boundRuns([], before, 0.95), null);
  assert.equal(boundRuns([0], before, 0.95), null);
});
