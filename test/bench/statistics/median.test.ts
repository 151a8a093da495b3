import assert from "node:assert/strict";
import { test } from "node:test";
import { median } from "../../../bench/statistics/median.ts";
import { percentile } from "../../../bench/statistics/percentile.ts";

test("the median of an even number of values is the mean of the middle two", () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([]), null);
});

test("a percentile is one of the values", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  assert.equal(percentile(hundred, 0.95), 95);
  assert.equal(percentile([3, 1, 2], 0.95), 3);
  assert.equal(percentile([3, 1, 2], 0), 1);
  assert.equal(percentile([], 0.5), null);
});
