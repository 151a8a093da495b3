import { upperTail } from "./rank-distribution.ts";

/** How surprising a sample is when its centre is at most, or at least, where it is said to be. */
export interface SignedRankTest {
  /** Sum of the ranks of the values above the centre. */
  readonly statistic: number;
  /** One-sided p-value: small when the centre lies higher. */
  readonly greater: number;
  /** One-sided p-value: small when the centre lies lower. */
  readonly less: number;
}

/**
 * Wilcoxon's signed-rank test, exact also with ties and zeros.
 *
 * Tied distances share the mean of their ranks, and the distribution is that of the shared ranks. Values at the
 * centre itself are ranked with the others and then belong to neither side (Pratt 1959): to drop them before ranking,
 * as Wilcoxon did and R does, can make a sample more significant by moving its values towards the centre.
 * It assumes that the values are independent and spread symmetrically.
 */
export function signedRankTest(values: readonly number[], centre = 0): SignedRankTest {
  const distances = values.map((value) => value - centre);
  const doubledRanks = doubledMidRanks(distances.map(Math.abs));
  const ranked = distances.map((distance, index) => ({ distance, rank: doubledRanks[index] ?? 0 }));
  const moved = ranked.filter(({ distance }) => distance !== 0);
  const sumOf = (sign: number): number =>
    moved.reduce((sum, { distance, rank }) => sum + (Math.sign(distance) === sign ? rank : 0), 0);
  const ranks = moved.map(({ rank }) => rank);
  return {
    statistic: sumOf(1) / 2,
    greater: upperTail(ranks, sumOf(1)),
    less: upperTail(ranks, sumOf(-1)),
  };
}

/** Twice the rank of each value, tied ones sharing the mean of theirs. */
function doubledMidRanks(values: readonly number[]): readonly number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const ranks = new Map<number, number>();
  for (const [index, value] of sorted.entries()) {
    if (ranks.has(value)) continue;
    const last = sorted.lastIndexOf(value);
    ranks.set(value, index + 1 + (last + 1));
  }
  return values.map((value) => ranks.get(value) ?? 0);
}
