import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { seededRandom } from "../../../bench/statistics/random.ts";
import { rankSumCumulative } from "../../../bench/statistics/rank-distribution.ts";
import { rankSumBounds } from "../../../bench/statistics/rank-sum.ts";
import { assertClose } from "./assert-close.ts";

/** Hollander and Wolfe: permeability constants at term and at 12 to 26 weeks. */
const atTerm = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
const inWeeks = [1.15, 0.88, 0.9, 0.74, 1.21];

test("the permeability constants have the p-value of ?wilcox.test", () => {
  // W = 35 of 50 pairs, p-value = 0.1272 (greater); P(W ≥ 35) = P(W ≤ 15).
  assertClose(rankSumCumulative(10, 5)[15], 0.1272, 0.000_05);
});

test("the permeability constants have R's shift and interval", () => {
  const bounds = rankSumBounds(inWeeks, atTerm, 0.975);
  assertClose(bounds?.shift, -0.305, 1e-9);
  assertClose(bounds?.low, -0.76, 1e-9);
  assertClose(bounds?.high, 0.15, 1e-9);
  assert.equal(bounds?.isExact, true);
  assert.equal(bounds.hasTies, false);
});

test("the rank-sum distribution has the critical values of the published tables", () => {
  // Largest u with P(U ≤ u) ≤ 0.025 for two samples of n each.
  const table = { 4: 0, 5: 2, 6: 5, 7: 8, 8: 13, 9: 17, 10: 23, 12: 37, 15: 64, 20: 127 };
  for (const [count, critical] of Object.entries(table)) {
    const cumulative = rankSumCumulative(Number(count), Number(count));
    assert.ok((cumulative[critical] ?? 1) <= 0.025, `n = ${count}`);
    assert.ok((cumulative[critical + 1] ?? 0) > 0.025, `n = ${count}`);
    assertClose(cumulative.at(-1), 1, 1e-9);
  }
});

test("the distribution is the same whichever sample comes first, and symmetric", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), (first, second) => {
      const cumulative = rankSumCumulative(first, second);
      const swapped = rankSumCumulative(second, first);
      assert.equal(cumulative.length, first * second + 1);
      for (const [sum, share] of cumulative.entries()) {
        assertClose(share, swapped[sum] ?? Number.NaN, 1e-12);
        assertClose(share, 1 - (cumulative[first * second - sum - 1] ?? 0), 1e-12);
      }
    }),
    { numRuns: 30 },
  );
});

test("a result says when there are ties", () => {
  assert.equal(rankSumBounds([1, 2], [2, 3], 0.9)?.hasTies, true);
});

test("an empty sample has no shift", () => {
  assert.equal(rankSumBounds([], [1], 0.95), null);
  assert.equal(rankSumBounds([1], [], 0.95), null);
});

test("samples too small for the level span all differences and say the level they have", () => {
  const bounds = rankSumBounds([10, 11], [1, 3], 0.95);
  assert.deepEqual([bounds?.low, bounds?.high], [7, 10]);
  assertClose(bounds?.level, 1 - 1 / 6, 1e-12);
});

test("the bounds miss the true value as rarely as their level says, within three standard errors", () => {
  const random = seededRandom(77);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const runs = 3000;
  let missed = 0;
  let level = 0;
  for (let run = 0; run < runs; run += 1) {
    const bounds = rankSumBounds(Array.from({ length: 8 }, normal), Array.from({ length: 6 }, normal), 0.95);
    level = bounds?.level ?? 0;
    if (bounds !== null && bounds.low > 0) missed += 1;
  }
  assertClose(missed / runs, 1 - level, 3 * Math.sqrt((level * (1 - level)) / runs));
});

test("large samples use the normal approximation, which is close to counting", () => {
  const sample = (offset: number, count: number): number[] =>
    Array.from({ length: count }, (_, index) => offset + ((index * 7919) % 1009) / 10);
  const [counted, curved] = [
    rankSumBounds(sample(5, 50), sample(0, 50), 0.95),
    rankSumBounds(sample(5, 51), sample(0, 50), 0.95),
  ];
  assert.equal(counted?.isExact, true);
  assert.equal(curved?.isExact, false);
  assertClose(curved.low, counted.low, 1.5);
  assertClose(curved.high, counted.high, 1.5);
});
