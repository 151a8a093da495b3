import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { compareRounds } from "../../bench/statistics/compare.ts";
import { growthOf } from "../../bench/statistics/growth.ts";
import { leastSquares } from "../../bench/statistics/least-squares.ts";
import { median } from "../../bench/statistics/median.ts";
import { seededRandom, shuffled } from "../../bench/statistics/random.ts";
import {
  hodgesLehmann,
  signedRankCumulative,
  signedRankInterval,
} from "../../bench/statistics/signed-rank.ts";

/** Hollander and Wolfe, Nonparametric Statistical Methods: Hamilton depression scale factor IV, nine patients. */
const beforeTherapy = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
const afterTherapy = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
const improvement = beforeTherapy.map((before, index) => before - (afterTherapy[index] ?? 0));

function assertClose(actual: number | null | undefined, expected: number, tolerance = 1e-9): void {
  assert.ok(
    typeof actual === "number" && Math.abs(actual - expected) <= tolerance,
    `${actual} is not ${expected} ± ${tolerance}`,
  );
}

test("the median of an even number of values is the mean of the middle two", () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([]), null);
});

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

test("an interval of so few rounds that the level can't be had spans all pairwise means and says its level", () => {
  const interval = signedRankInterval([1, 2, 4, 8, 16]);
  assert.equal(interval?.low, 1);
  assert.equal(interval?.high, 16);
  assertClose(interval?.level, 1 - 2 / 32);
});

test("ties are said", () => {
  assert.equal(signedRankInterval([1, -1, 3])?.hasTies, true);
  assert.equal(signedRankInterval([0, 2, 3])?.hasTies, true);
});

test("the interval covers the truth as often as its level says, within three standard errors", () => {
  const random = seededRandom(20_260_101);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const runs = 4000;
  let covered = 0;
  let level = 0;
  for (let run = 0; run < runs; run += 1) {
    const interval = signedRankInterval(Array.from({ length: 8 }, normal));
    level = interval?.level ?? 0;
    if (interval !== null && interval.low <= 0 && interval.high >= 0) covered += 1;
  }
  assertClose(covered / runs, level, 3 * Math.sqrt((level * (1 - level)) / runs));
});

test("the interval encloses the estimate, and both move and scale with the values", () => {
  const values = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 14 });
  fc.assert(
    fc.property(values, fc.double({ min: -50, max: 50, noNaN: true }), (sample, shift) => {
      const estimate = hodgesLehmann(sample) ?? Number.NaN;
      const interval = signedRankInterval(sample);
      assert.ok(interval !== null && interval.low <= estimate && estimate <= interval.high);
      assertClose(hodgesLehmann(sample.map((value) => value + shift)), estimate + shift, 1e-9);
      assertClose(hodgesLehmann(sample.map((value) => -value)), -estimate, 1e-9);
    }),
  );
});

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

test("no ratio is given when a value isn't above zero", () => {
  assert.equal(compareRounds([{ treatment: 1, control: 0 }]), null);
  assert.equal(compareRounds([{ treatment: -1, control: 1 }]), null);
  assert.equal(compareRounds([]), null);
});

test("the least-squares line is the certified one of NIST's Norris data", () => {
  const pairs = [
    [0.1, 0.2],
    [338.8, 337.4],
    [118.1, 118.2],
    [888, 884.6],
    [9.2, 10.1],
    [228.1, 226.5],
    [668.5, 666.3],
    [998.5, 996.3],
    [449.1, 448.6],
    [778.9, 777],
    [559.2, 558.2],
    [0.3, 0.4],
    [0.1, 0.6],
    [778.1, 775.5],
    [668.8, 666.9],
    [339.3, 338],
    [448.9, 447.5],
    [10.8, 11.6],
    [557.7, 556],
    [228.3, 228.1],
    [998, 995.8],
    [888.8, 887.6],
    [119.6, 120.2],
    [0.3, 0.3],
    [0.6, 0.3],
    [557.6, 556.8],
    [339.3, 339.1],
    [888, 887.2],
    [998.5, 999],
    [778.9, 779],
    [10.2, 11.1],
    [117.6, 118.3],
    [228.9, 229.2],
    [668.4, 669.1],
    [449.2, 448.9],
    [0.2, 0.5],
  ] as const;
  const line = leastSquares(pairs.map(([y, x]) => ({ x, y })));
  assertClose(line?.slope, 1.002_116_818_020_45, 1e-13);
  assertClose(line?.intercept, -0.262_323_073_774_029, 1e-11);
});

test("one size alone has no slope", () => {
  assert.equal(
    leastSquares([
      { x: 1, y: 1 },
      { x: 1, y: 5 },
    ]),
    null,
  );
  assert.equal(leastSquares([]), null);
});

/** Peaks that rise by some bytes a row. */
function along(slope: number): { x: number; y: number }[] {
  return [100_000, 200_000, 400_000].map((x) => ({ x, y: 1e6 + slope * x }));
}

test("growth is told from flatness by the share of a row that stays", () => {
  assert.equal(growthOf(along(1), 110)?.order, "flat");
  assert.equal(growthOf(along(-1), 110)?.order, "flat");
  assert.equal(growthOf(along(230), 110)?.order, "grows");
  assert.equal(growthOf(along(20), 110)?.order, "unclear");
  assert.equal(growthOf(along(230).slice(0, 2), 110)?.order, "unclear");
  assert.equal(growthOf([{ x: 1, y: 1 }], 110), null);
});

function take(seed: number): number[] {
  return Array.from({ length: 5 }, seededRandom(seed));
}

test("a seed gives the same sequence again, and another seed another one", () => {
  assert.deepEqual(take(7), take(7));
  assert.notDeepEqual(take(7), take(8));
  assert.notDeepEqual(take(7), take(7 + 2 ** 32));
});

test("shuffling puts every item everywhere equally often", () => {
  const random = seededRandom(3);
  const counts = new Map<string, number>();
  const runs = 6000;
  for (let run = 0; run < runs; run += 1) {
    const order = shuffled(["a", "b", "c"], random).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  // Four standard deviations of a binomial count with p = 1/6.
  for (const count of counts.values()) assertClose(count, runs / 6, 4 * Math.sqrt((runs * 5) / 36));
});
