import { upperTail } from "./rank-distribution.ts";

/** How improbable a sample is when its center is at most, or at least, the given one. */
export interface SignedRankTest {
  /** Sum of the ranks of the values above the center. */
  readonly statistic: number;
  /** One-sided p-value: small when the center is higher. */
  readonly greater: number;
  /** One-sided p-value: small when the center is lower. */
  readonly less: number;
}

/**
 * Wilcoxon's signed-rank test, exact also with ties and zeros.
 *
 * Tied distances share the mean of their ranks, and the distribution is that of the shared ranks. Values at the center are
 * ranked with the others and then belong to neither side (Pratt 1959). Dropping them before ranking, as Wilcoxon did and R
 * does, was refused: it can make a sample more significant when its values move towards the center. The test assumes that
 * the values are independent and symmetrically distributed.
 */
export function signedRankTest(values: readonly number[], center = 0): SignedRankTest {
  const distances = values.map((value) => value - center);
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
