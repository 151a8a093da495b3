import { median } from "./median.ts";
import { signedRankCumulative } from "./rank-distribution.ts";
import { signedRankTest } from "./signed-rank-test.ts";

/** An interval for the center of a symmetric distribution. */
export interface SignedRankInterval {
  readonly low: number;
  readonly high: number;
  /** The level the interval has: at least the one asked for, or the highest that so few values allow. */
  readonly level: number;
  /** Two values are equal, or two are equally far from zero on both sides, or one is zero. */
  readonly hasTies: boolean;
}

/**
 * The Hodges–Lehmann estimate of the center: the median of all pairwise means (Walsh averages). It assumes a symmetric
 * distribution, as the interval does. The mean was refused, because a single slow round can move it anywhere; the median,
 * because it is less precise with so few values.
 * @returns null when there is no value
 */
export function hodgesLehmann(values: readonly number[]): number | null {
  return median(Array.from(walshAverages(values)));
}

/**
 * The two-sided interval that inverts Wilcoxon's signed-rank test; see {@link signedRankBounds}.
 * @param level the coverage asked for
 * @default level 0.95
 * @returns null when there is no value
 */
export function signedRankInterval(values: readonly number[], level = 0.95): SignedRankInterval | null {
  const bounds = signedRankBounds(values, (1 + level) / 2);
  return bounds === null ? null : { ...bounds, level: 2 * bounds.level - 1 };
}

/**
 * A lower and an upper bound, each of which has the given level by itself: the one-sided signed-rank test rejects every
 * center outside of it.
 *
 * The bounds are order statistics of the Walsh averages, counted by the exact distribution of the statistic, as R's
 * `wilcox.test(x, conf.int = TRUE, exact = TRUE)` does. When values are equal, that is not the distribution of the sample.
 * Then up to 40 values the test with shared ranks is inverted step by step. With more values the same order statistics are
 * used, which cover at least as often as their level says (Noether 1967). R would use a normal approximation. A bootstrap
 * was refused, because its intervals cover too rarely with a dozen rounds.
 * @param level of each bound
 * @returns null when there is no value
 */
export function signedRankBounds(values: readonly number[], level: number): SignedRankInterval | null {
  const averages = walshAverages(values);
  const [lowest] = averages;
  if (lowest === undefined) return null;
  const hasEqual = new Set(values).size < values.length;
  const bounds =
    hasEqual && values.length <= mostStepped
      ? steppedBounds(values, averages, 1 - level)
      : orderedBounds(values.length, averages, 1 - level);
  return { ...bounds, hasTies: hasTies(values) };
}

/** With more values, stepping through all centers would take seconds. */
const mostStepped = 40;

type Bounds = Pick<SignedRankInterval, "low" | "high" | "level">;

function orderedBounds(count: number, averages: Float64Array, tail: number): Bounds {
  const { rank, level } = boundRank(count, tail);
  return {
    low: averages[rank - 1] ?? Number.NaN,
    high: averages[averages.length - rank] ?? Number.NaN,
    level,
  };
}

/** Which Walsh average, counted from 1 at its end, is the bound: the innermost one whose tail is small enough. */
function boundRank(count: number, tail: number): { readonly rank: number; readonly level: number } {
  const key = `${count} ${tail}`;
  const known = boundRanks.get(key);
  if (known !== undefined) return known;
  const cumulative = signedRankCumulative(count);
  let rank = 1;
  while (isWithin(cumulative[rank] ?? 1, tail)) rank += 1;
  const found = { rank, level: 1 - (cumulative[rank - 1] ?? 1) };
  boundRanks.set(key, found);
  return found;
}

/** They depend only on their key, and the simulation of the detectable effect needs each thousands of times. */
const boundRanks = new Map<string, { readonly rank: number; readonly level: number }>();

/** Steps from both ends inwards, over the Walsh averages and the points between them, as long as the test rejects. */
function steppedBounds(values: readonly number[], averages: Float64Array, tail: number): Bounds {
  const low = firstAccepted(values, [...new Set(averages)], tail);
  const mirrored = firstAccepted(
    values.map((value) => -value),
    [...new Set(averages)].map((average) => -average).toReversed(),
    tail,
  );
  return { low: low.bound, high: -mirrored.bound, level: 1 - Math.max(low.tail, mirrored.tail) };
}

/** @param centers every Walsh average once, ascending */
function firstAccepted(
  values: readonly number[],
  centers: readonly number[],
  tail: number,
): { readonly bound: number; readonly tail: number } {
  // Below all values each of them counts; no tail is smaller.
  let refused = 0.5 ** values.length;
  let bound = centers[0] ?? Number.NaN;
  if (!isWithin(refused, tail)) return { bound, tail: refused };
  for (const [index, center] of centers.entries()) {
    bound = center;
    const between = (center + (centers[index + 1] ?? center)) / 2;
    for (const tried of [center, between]) {
      const { greater } = signedRankTest(values, tried);
      if (!isWithin(greater, tail)) return { bound, tail: refused };
      refused = Math.max(refused, greater);
    }
  }
  return { bound, tail: refused };
}

/** Rounding may put a tail slightly above the allowed one: 1 − 0.95 is not exactly 0.05. */
function isWithin(probability: number, tail: number): boolean {
  return probability <= tail * (1 + 1e-9);
}

/** The mean of every pair of values, each value paired with itself too, in ascending order. */
function walshAverages(values: readonly number[]): Float64Array {
  const averages = new Float64Array((values.length * (values.length + 1)) / 2);
  let next = 0;
  for (const [index, left] of values.entries()) {
    for (const right of values.slice(index)) {
      averages[next] = (left + right) / 2;
      next += 1;
    }
  }
  return averages.toSorted();
}

/** Whether two distances from zero are equal, or one of them is zero. */
function hasTies(values: readonly number[]): boolean {
  const distances = new Set(values.map(Math.abs));
  return distances.size < values.length || distances.has(0);
}
