import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { signedRankCumulative } from "../../../bench/statistics/rank-distribution.ts";
import { signedRankTest } from "../../../bench/statistics/signed-rank-test.ts";
import {
  hodgesLehmann,
  signedRankBounds,
  signedRankInterval,
} from "../../../bench/statistics/signed-rank.ts";
import { seededRandom } from "../../../bench/statistics/random.ts";
import { assertClose } from "./assert-close.ts";

/** Hollander and Wolfe, Nonparametric Statistical Methods: Hamilton depression scale factor IV, nine patients. */
const beforeTherapy = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
const afterTherapy = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
const improvement = beforeTherapy.map((before, index) => before - (afterTherapy[index] ?? 0));

test("the Hodges–Lehmann estimate and the exact interval are those published for the depression scale", () => {
  assertClose(hodgesLehmann(improvement), 0.46);
  const interval = signedRankInterval(improvement, 0.95);
  assertClose(interval?.low, 0.01);
  assertClose(interval?.high, 0.786);
  assertClose(interval?.level, 1 - 2 * (10 / 512));
  assert.equal(interval?.hasTies, false);
});

test("the signed-rank distribution has the critical values of the published tables", () => {
  // Largest w with P(W ≤ w) ≤ 0.025, by n.
  const table = {
    6: 0,
    7: 2,
    8: 3,
    9: 5,
    10: 8,
    11: 10,
    12: 13,
    13: 17,
    14: 21,
    15: 25,
    20: 52,
    25: 89,
    30: 137,
  };
  for (const [count, critical] of Object.entries(table)) {
    const cumulative = signedRankCumulative(Number(count));
    assert.ok((cumulative[critical] ?? 1) <= 0.025, `n = ${count}`);
    assert.ok((cumulative[critical + 1] ?? 0) > 0.025, `n = ${count}`);
  }
});

test("the one-sided test of the depression scale has R's statistic and p-values", () => {
  // ?wilcox.test: V = 40, p-value = 0.01953 (greater).
  const { statistic, greater, less } = signedRankTest(improvement);
  assert.equal(statistic, 40);
  assertClose(greater, 0.01953125, 1e-12);
  assertClose(less, 1 - greater + signedRankTableShare(40, 9), 1e-12);
});

/** P(W = w) for n untied values. */
function signedRankTableShare(sum: number, count: number): number {
  const cumulative = signedRankCumulative(count);
  return (cumulative[sum] ?? 0) - (cumulative[sum - 1] ?? 0);
}

test("Darwin's fifteen pairs of maize have the p-value that SciPy documents", () => {
  const pairs = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75];
  const { greater, less } = signedRankTest(pairs);
  assertClose(2 * Math.min(greater, less), 0.041259765625, 1e-12);
});

test("ten permeability constants have the estimate and the interval of Hollander and Wolfe", () => {
  const constants = [0.9, 1.13, 1.89, 1.14, 1.45, 1.38, 1.91, 1.64, 0.83, 1.46];
  assertClose(hodgesLehmann(constants), 1.385);
  const interval = signedRankInterval(constants, 0.95);
  // The 9th and the 47th of 55 Walsh averages, 95.2 %.
  assertClose(interval?.low, 1.13);
  assertClose(interval?.high, 1.675, 0.006);
  assertClose(interval?.level, 0.951, 0.001);
});

test("equal values have the p-values that the R package exactRankTests gives", () => {
  const twoSided = (values: readonly number[]): number => 2 * signedRankTest(values).greater;
  assert.equal(twoSided([1, 2, 3, 4, 5, 6, 7, 8]), 0.0078125);
  assert.equal(twoSided([1, 2, 3, 4, 5, 6, 7, 7]), 0.0078125);
  assert.equal(twoSided([1, 1, 1]), 0.25);
});

test("zeros are ranked and then belong to neither side, as Pratt did", () => {
  // Reference values by enumerating all signs of SciPy's mid-ranks.
  const antigen = [
    -149, 51, 0, 126, -106, -20, 0, -52, -292, 0, -103, 0, -84, -89, -159, -404, -500, -259, -14, -2600,
  ];
  const { statistic, greater, less } = signedRankTest(antigen);
  assert.equal(statistic, 20);
  assertClose(greater, 0.9993438720703125, 1e-12);
  assertClose(less, 0.0007781982421875, 1e-12);
  assertClose(signedRankTest([0, 2, 3, -1, -4, 0, 0, 8, 9]).greater, 0.171875, 1e-12);
});

test("with ties and zeros the p-values are those of trying every sign", () => {
  const grid = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(grid, (values) => {
      const { greater, less } = signedRankTest(values);
      assertClose(greater, shareOfSigns(values, 1), 1e-12);
      assertClose(less, shareOfSigns(values, -1), 1e-12);
    }),
  );
});

/** How many of all choices of signs give a rank sum at least as large, each rank being counted by hand. */
function shareOfSigns(values: readonly number[], side: 1 | -1): number {
  const ranks = values.map(
    (value) =>
      values.filter((other) => Math.abs(other) < Math.abs(value)).length +
      (values.filter((other) => Math.abs(other) === Math.abs(value)).length + 1) / 2,
  );
  const moved = ranks.filter((_, index) => values[index] !== 0);
  const seen = ranks.reduce((sum, rank, index) => sum + ((values[index] ?? 0) * side > 0 ? rank : 0), 0);
  let atLeast = 0;
  for (let choice = 0; choice < 2 ** moved.length; choice += 1) {
    const sum = moved.reduce((total, rank, index) => total + ((choice >> index) & 1) * rank, 0);
    if (sum >= seen) atLeast += 1;
  }
  return atLeast / 2 ** moved.length;
}

test("each bound has its level by itself, and two of them make the two-sided interval", () => {
  const bounds = signedRankBounds(improvement, 0.975);
  const interval = signedRankInterval(improvement, 0.95);
  assert.deepEqual([bounds?.low, bounds?.high], [interval?.low, interval?.high]);
  assertClose(bounds?.level, 1 - 10 / 512, 1e-12);
});

test("the bounds are where the one-sided test turns from refusing to accepting", () => {
  const samples = fc.array(
    fc.integer({ min: -30, max: 30 }).map((value) => value / 2),
    { minLength: 5, maxLength: 12 },
  );
  fc.assert(
    fc.property(samples, fc.constantFrom(0.9, 0.95, 1 - 0.05 / 3), (values, level) => {
      const bounds = signedRankBounds(values, level);
      assert.ok(bounds !== null);
      const tail = (1 - level) * (1 + 1e-9);
      // Halves are all there is: a quarter beside them no value lies.
      if (0.5 ** values.length <= tail) {
        assert.ok(signedRankTest(values, bounds.low - 0.01).greater <= tail);
        assert.ok(signedRankTest(values, bounds.high + 0.01).less <= tail);
        assert.ok(bounds.level >= level - 1e-9);
      }
      const isEqualAllOver = new Set(values).size === 1;
      if (!isEqualAllOver) assert.ok(signedRankTest(values, bounds.low + 0.01).greater > tail - 1e-12);
    }),
  );
});

test("with too few rounds for the level an interval spans all pairwise means and says its level", () => {
  const interval = signedRankInterval([1, 2, 4, 8, 16]);
  assert.equal(interval?.low, 1);
  assert.equal(interval?.high, 16);
  assertClose(interval?.level, 1 - 2 / 32);
});

test("a result says when there are ties", () => {
  assert.equal(signedRankInterval([1, -1, 3])?.hasTies, true);
  assert.equal(signedRankInterval([0, 2, 3])?.hasTies, true);
});

test("one value many times is its own interval", () => {
  const bounds = signedRankBounds([3, 3, 3, 3, 3, 3], 0.95);
  assert.deepEqual([bounds?.low, bounds?.high], [3, 3]);
  assertClose(bounds?.level, 1 - 1 / 64, 1e-12);
});

test("many equal values keep the order statistics of the distribution without ties", () => {
  const values = Array.from({ length: 60 }, (_, index) => Math.floor(index / 2));
  const bounds = signedRankBounds(values, 0.95);
  assert.ok(bounds !== null && bounds.low < 14.5 && bounds.high > 14.5 && bounds.level >= 0.95);
});

/** A sample of a symmetric distribution around zero. */
const shapes: Readonly<Record<string, (random: () => number) => number>> = {
  normal: (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  uniform: (random) => random() - 0.5,
  Cauchy: (random) => Math.tan(Math.PI * (random() - 0.5)),
};

for (const [shape, draw] of Object.entries(shapes)) {
  for (const [count, asked] of [
    [8, 0.95],
    [12, 1 - 0.05 / 3],
    [6, 0.95],
  ] as const) {
    test(`each bound of ${count} ${shape} values misses the true value as rarely as its level says, within three standard errors`, () => {
      const random = seededRandom(20_260_101);
      const runs = 3000;
      const missed = { low: 0, high: 0 };
      let level = 0;
      for (let run = 0; run < runs; run += 1) {
        const bounds = signedRankBounds(
          Array.from({ length: count }, () => draw(random)),
          asked,
        );
        level = bounds?.level ?? 0;
        if (bounds !== null && bounds.low > 0) missed.low += 1;
        if (bounds !== null && bounds.high < 0) missed.high += 1;
      }
      assert.ok(level >= asked);
      const threeErrors = 3 * Math.sqrt((level * (1 - level)) / runs);
      assertClose(missed.low / runs, 1 - level, threeErrors);
      assertClose(missed.high / runs, 1 - level, threeErrors);
    });
  }
}

test("with ties the bounds still cover at least as often as asked", () => {
  const random = seededRandom(5);
  const runs = 1500;
  let missed = 0;
  for (let run = 0; run < runs; run += 1) {
    const values = Array.from({ length: 8 }, () => Math.floor(random() * 7) - 3);
    const bounds = signedRankBounds(values, 0.95);
    if (bounds === null || bounds.low > 0) missed += 1;
  }
  assert.ok(missed / runs <= 0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs), `${missed} of ${runs}`);
});

test("the interval encloses the estimate, moves and scales with the values, and forgets their order", () => {
  const values = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 14 });
  const shifts = fc.double({ min: -50, max: 50, noNaN: true });
  fc.assert(
    fc.property(values, shifts, fc.double({ min: 0.1, max: 10, noNaN: true }), (sample, shift, scale) => {
      const estimate = hodgesLehmann(sample) ?? Number.NaN;
      const interval = signedRankInterval(sample);
      assert.ok(interval !== null && interval.low <= estimate && estimate <= interval.high);
      assert.equal(hodgesLehmann(sample.toReversed()), estimate);
      assert.deepEqual(signedRankInterval(sample.toReversed()), interval);
      assertClose(hodgesLehmann(sample.map((value) => value + shift)), estimate + shift, 1e-9);
      assertClose(hodgesLehmann(sample.map((value) => value * scale)), estimate * scale, 1e-9);
      assertClose(hodgesLehmann(sample.map((value) => -value)), -estimate, 1e-9);
    }),
  );
});

test("the bounds move, scale and turn over with the values", () => {
  // Whole numbers, so that no two averages differ by rounding alone.
  const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 6, maxLength: 12 });
  fc.assert(
    fc.property(values, fc.integer({ min: -500, max: 500 }), (sample, shift) => {
      const bounds = signedRankBounds(sample, 0.95);
      const moved = signedRankBounds(
        sample.map((value) => 2 * value + shift),
        0.95,
      );
      const turned = signedRankBounds(
        sample.map((value) => -value),
        0.95,
      );
      assert.ok(bounds !== null && moved !== null && turned !== null);
      assert.deepEqual([moved.low, moved.high], [2 * bounds.low + shift, 2 * bounds.high + shift]);
      // Adding zero turns a negative zero into a plain one.
      assert.deepEqual([-turned.high + 0, -turned.low + 0], [bounds.low + 0, bounds.high + 0]);
    }),
  );
});
