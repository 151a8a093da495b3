import assert from "node:assert/strict";
import { test } from "node:test";
import { bonferroniLevel } from "../../../bench/statistics/bonferroni-level.ts";
import { detectableEffect, fewestRounds } from "../../../bench/statistics/detectable-effect.ts";
import { seededRandom } from "../../../bench/statistics/random.ts";
import { signedRankBounds } from "../../../bench/statistics/signed-rank.ts";
import { assertClose } from "./assert-close.ts";

/** Values whose standard deviation is exactly what is asked for. */
function spread(count: number, deviation: number): number[] {
  const values = Array.from({ length: count }, (_, index) => index - (count - 1) / 2);
  const own = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / (count - 1));
  return values.map((value) => (value / own) * deviation);
}

test("the detectable effect is that of the paired t test, or a little more, as rank tests have it", () => {
  // Percent at 80 % power and 5 % one-sided, by rounds, for a deviation of 3 %: from the noncentral t distribution.
  const table = { 6: 3.6, 8: 3.0, 12: 2.3, 16: 2.0, 20: 1.7, 30: 1.4 };
  for (const [count, percent] of Object.entries(table)) {
    const found = 100 * (detectableEffect(spread(Number(count), 0.03), 0.95) ?? Number.NaN);
    assert.ok(found > percent * 0.95 && found < percent * 1.15, `n = ${count}: ${found} beside ${percent}`);
  }
});

test("a truth as large as the detectable effect is seen in eight of ten runs", () => {
  const random = seededRandom(99);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const effect = Math.log1p(detectableEffect(spread(12, 1), bonferroniLevel(3)) ?? Number.NaN);
  const runs = 1500;
  let seen = 0;
  for (let run = 0; run < runs; run += 1) {
    const bounds = signedRankBounds(
      Array.from({ length: 12 }, () => effect + normal()),
      bonferroniLevel(3),
    );
    if (bounds !== null && bounds.low > 0) seen += 1;
  }
  // Both sides are simulated: the quantile of 2,000 runs adds its own error.
  assertClose(seen / runs, 0.8, 0.045);
});

test("beyond thirty rounds the effect shrinks with the square root", () => {
  const [thirty, more] = [30, 120].map((count) =>
    Math.log1p(detectableEffect(spread(count, 0.03), 0.95) ?? 0),
  );
  assertClose(more, (thirty ?? 0) / 2, 1e-9);
});

test("with too few rounds for the level nothing can be seen", () => {
  assert.equal(detectableEffect(spread(4, 0.03), 0.95), null);
  assert.notEqual(detectableEffect(spread(5, 0.03), 0.95), null);
  assert.equal(detectableEffect([], 0.95), null);
});

test("six rounds decide three metrics and not four", () => {
  assert.equal(fewestRounds(bonferroniLevel(3)), 6);
  assert.equal(fewestRounds(bonferroniLevel(4)), 7);
  assert.equal(fewestRounds(bonferroniLevel(1)), 5);
});

test("the level of each bound shares the chance of a false alarm", () => {
  assertClose(bonferroniLevel(1), 0.95);
  assertClose(bonferroniLevel(5), 0.99);
  assertClose(bonferroniLevel(0), 0.95);
});
