import { median } from "./median.ts";
import { rankSumCumulative } from "./rank-distribution.ts";

/** By how much one sample lies above another, neither paired with the other. */
export interface ShiftEstimate {
  /** Hodges–Lehmann: the median of all differences between a value of one and a value of the other. */
  readonly shift: number;
  readonly low: number;
  readonly high: number;
  /** The level each bound has by itself: at least the one asked for, or the highest that so few values allow. */
  readonly level: number;
  /** Whether the bounds were counted exactly; with too many values they come from a normal approximation. */
  readonly isExact: boolean;
  /** Values of the two samples are equal: the level is then a lower bound of the true one. */
  readonly hasTies: boolean;
}

/** With more pairs, counting takes long and the normal approximation is as good. */
const mostCountedPairs = 2500;

/**
 * How far `after` is above `before`, with a lower and an upper bound that invert the rank-sum test of Mann, Whitney and
 * Wilcoxon, as R's `wilcox.test(after, before, conf.int = TRUE, exact = TRUE)` does. With ties R uses a normal
 * approximation. Here the same order statistics are used, which cover at least as often as their level says.
 * It assumes that both samples have the same shape: with logarithms, that one is a multiple of the other.
 * @param level of each bound
 * @returns null when one of the samples is empty
 */
export function rankSumBounds(
  after: readonly number[],
  before: readonly number[],
  level: number,
): ShiftEstimate | null {
  const differences = Float64Array.from(
    after.flatMap((left) => before.map((right) => left - right)),
  ).toSorted();
  const shift = median(Array.from(differences));
  if (shift === null) return null;
  const isExact = differences.length <= mostCountedPairs;
  const found = (isExact ? countedRank : normalRank)(after.length, before.length, 1 - level);
  return {
    shift,
    low: differences[found.rank - 1] ?? shift,
    high: differences[differences.length - found.rank] ?? shift,
    level: found.level,
    isExact,
    hasTies: new Set([...after, ...before]).size < after.length + before.length,
  };
}

interface BoundRank {
  /** Which difference, counted from 1 at its end, is the bound. */
  readonly rank: number;
  readonly level: number;
}

function countedRank(first: number, second: number, tail: number): BoundRank {
  const cumulative = rankSumCumulative(first, second);
  let rank = 1;
  while ((cumulative[rank] ?? 1) <= tail * (1 + 1e-9)) rank += 1;
  return { rank, level: 1 - (cumulative[rank - 1] ?? 1) };
}

function normalRank(first: number, second: number, tail: number): BoundRank {
  const pairs = first * second;
  const deviation = Math.sqrt((pairs * (first + second + 1)) / 12);
  return {
    rank: Math.max(1, Math.floor(pairs / 2 + 0.5 - normalQuantile(1 - tail) * deviation)),
    level: 1 - tail,
  };
}

/** The x below which a normal variable stays with this probability, for 0.5 < p < 1: bisected, since it is asked once. */
function normalQuantile(probability: number): number {
  let [low, high] = [0, 10];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (normalCumulative(middle) < probability) low = middle;
    else high = middle;
  }
  return low;
}

/** The normal integral from −∞ to x ≥ 0, by its power series. */
function normalCumulative(x: number): number {
  let term = x;
  let sum = x;
  for (let power = 3; term > sum * 1e-17; power += 2) {
    term *= (x * x) / power;
    sum += term;
  }
  return 0.5 + (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}
