import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { medianInterval } from "../../../bench/statistics/median-interval.ts";
import { median } from "../../../bench/statistics/median.ts";
import { outliers } from "../../../bench/statistics/outliers.ts";
import { percentile } from "../../../bench/statistics/percentile.ts";
import { assertClose } from "./assert-close.ts";

test("the median of an even number of values is the mean of the middle two", () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([]), null);
});

test("the interval of the median has the ranks and levels of the published tables", () => {
  // n: rank from either end, level in percent.
  const table = {
    6: [1, 96.9],
    9: [2, 96.1],
    12: [3, 96.1],
    20: [6, 95.9],
    5: [1, 93.75],
    1: [1, 0],
    2: [1, 50],
  };
  for (const [count, [rank = 0, percent = 0]] of Object.entries(table)) {
    const interval = medianInterval(Array.from({ length: Number(count) }, (_, index) => index + 1));
    assert.equal(interval?.rank, rank, `n = ${count}`);
    assert.equal(interval.low, rank);
    assert.equal(interval.high, Number(count) + 1 - rank);
    assertClose(interval.level * 100, percent, 0.05);
  }
  assert.equal(medianInterval([]), null);
});

test("the interval of the median encloses it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 40 }),
      (values) => {
        const interval = medianInterval(values);
        const middle = median(values) ?? Number.NaN;
        assert.ok(interval !== null && interval.low <= middle && middle <= interval.high);
      },
    ),
  );
});

test("outliers are named by position and nothing is named among ordinary values", () => {
  assert.deepEqual(outliers([10, 11, 9, 10.5, 50, 9.5]), [4]);
  assert.deepEqual(outliers([1, 2, 3, 4, 5, 6, 7]), []);
  assert.deepEqual(outliers([5, 5, 5, 5, 5, 5, 9]), [6]);
  assert.deepEqual(outliers([5, 5, 5]), []);
  assert.deepEqual(outliers([]), []);
});

test("a percentile is one of the values", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  assert.equal(percentile(hundred, 0.95), 95);
  assert.equal(percentile([3, 1, 2], 0.95), 3);
  assert.equal(percentile([3, 1, 2], 0), 1);
  assert.equal(percentile([], 0.5), null);
});
