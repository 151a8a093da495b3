import { median } from "./median.ts";

/** An interval for the centre of a symmetric distribution. */
export interface SignedRankInterval {
  readonly low: number;
  readonly high: number;
  /** The level the interval has: at least the one asked for, or the highest that so few values allow. */
  readonly level: number;
  /** Two pairs have the same mean, or a value is zero: the level is then a lower bound instead of exact. */
  readonly hasTies: boolean;
}

/**
 * The Hodges–Lehmann estimate of the centre: the median of all pairwise means (Walsh averages).
 * It assumes a symmetric distribution, as the interval does; the mean would follow a single slow round anywhere,
 * and the median of so few values is needlessly rough.
 * @returns null when there is no value
 */
export function hodgesLehmann(values: readonly number[]): number | null {
  return median(walshAverages(values));
}

/**
 * The two-sided interval that inverts Wilcoxon's signed-rank test, exact for any number of rounds.
 *
 * Its ends are order statistics of the Walsh averages, counted by the exact distribution of the statistic, as R's
 * `wilcox.test(x, conf.int = TRUE)` does without ties. With ties R turns to a normal approximation; here the same
 * order statistics are kept, which covers at least as often as the level says, and `hasTies` tells of it.
 * A bootstrap was refused: it covers too seldom at a dozen rounds.
 * @param level the coverage asked for
 * @default level 0.95
 * @returns null when there is no value
 */
export function signedRankInterval(values: readonly number[], level = 0.95): SignedRankInterval | null {
  const averages = walshAverages(values);
  const low = averages[0];
  if (low === undefined) return null;
  const cumulative = signedRankCumulative(values.length);
  const tail = (1 - level) / 2;
  // The rank of the end is the largest whose tail stays within what is allowed; at least one value stays inside.
  let rank = 1;
  while ((cumulative[rank] ?? 1) <= tail) rank += 1;
  const attained = 1 - 2 * (cumulative[rank - 1] ?? 1);
  return {
    low: averages[rank - 1] ?? low,
    high: averages[averages.length - rank] ?? low,
    level: attained,
    hasTies: hasTies(values),
  };
}

/**
 * P(W ≤ w) for every w from 0 on, W being the sum of the ranks of n values that lie above zero, when each does so
 * with probability one half: a count of subsets of the first n whole numbers by their sum.
 */
export function signedRankCumulative(count: number): readonly number[] {
  const largest = (count * (count + 1)) / 2;
  const probability = new Float64Array(largest + 1);
  probability[0] = 1;
  for (let rank = 1; rank <= count; rank += 1) {
    // From the top down, so that each rank is used at most once; halved at once, so that nothing overflows.
    for (let sum = largest; sum >= 0; sum -= 1) {
      probability[sum] = ((probability[sum] ?? 0) + (sum >= rank ? (probability[sum - rank] ?? 0) : 0)) / 2;
    }
  }
  let total = 0;
  return Array.from(probability, (share) => (total += share));
}

/** The mean of every pair of values, each value paired with itself too, in ascending order. */
function walshAverages(values: readonly number[]): number[] {
  return values
    .flatMap((left, index) => values.slice(index).map((right) => (left + right) / 2))
    .toSorted((a, b) => a - b);
}

/** Whether the ranks of the distances from zero aren't all different, or one of them is zero. */
function hasTies(values: readonly number[]): boolean {
  const distances = new Set(values.map(Math.abs));
  return distances.size < values.length || distances.has(0);
}
