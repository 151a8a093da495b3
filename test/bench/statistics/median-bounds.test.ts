import assert from "node:assert/strict";
import { test } from "node:test";
import { medianBounds } from "../../../bench/statistics/median-bounds.ts";
import { seededRandom } from "../../../bench/statistics/random.ts";

const values = [7, 1, 5, 3, 8, 2, 6, 4];

test("bounds of a median are the order statistics that the binomial distribution gives", () => {
  // At most one head of eight coins: 9 of 256; at most two: 37 of 256.
  assert.deepEqual(medianBounds(values, 0.95), { median: 4.5, low: 2, high: 7, level: 1 - 9 / 256 });
  assert.deepEqual(medianBounds(values, 0.85), { median: 4.5, low: 3, high: 6, level: 1 - 37 / 256 });
  assert.deepEqual(medianBounds(values, 0.99), { median: 4.5, low: 1, high: 8, level: 1 - 1 / 256 });
});

test("too few values reach no level", () => {
  assert.equal(medianBounds([1, 2, 3, 4], 0.95), null);
  assert.equal(medianBounds([], 0.95), null);
  assert.equal(medianBounds([1, 2, 3, 4, 5], 0.95)?.low, 1);
});

test("a bound misses the median as often as its level says, for a skewed distribution", () => {
  const random = seededRandom(5);
  const trials = 4000;
  let missed = 0;
  for (let trial = 0; trial < trials; trial += 1) {
    // Exponential, with the median ln 2.
    const sample = Array.from({ length: 12 }, () => -Math.log(1 - random()));
    if ((medianBounds(sample, 0.95)?.low ?? 0) > Math.LN2) missed += 1;
  }
  const expected = 79 / 4096;
  const deviation = Math.sqrt((expected * (1 - expected)) / trials);
  assert.ok(Math.abs(missed / trials - expected) < 4 * deviation, `${missed} of ${trials}`);
});
