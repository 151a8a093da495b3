import { median } from "./median.ts";

/** Two one-sided bounds of a median, each valid by itself. */
export interface MedianBounds {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** The level that each bound attains, at least the one that was asked for. */
  readonly level: number;
}

/**
 * Bounds of the median of a distribution from the order statistics of a sample: the k-th smallest value lies above the
 * median with the probability that at most k − 1 of n fair coins show heads. It assumes independent values of one
 * distribution and nothing of its form; a bound by the t distribution would also assume normal values.
 * @param level of each bound
 * @returns null when there are too few values to reach the level
 */
export function medianBounds(values: readonly number[], level: number): MedianBounds | null {
  const sorted = values.toSorted((left, right) => left - right);
  const count = sorted.length;
  const middle = median(sorted);
  let chance = 0.5 ** count;
  let mistake = 0;
  let index = -1;
  // The chance of exactly `at` heads follows from the one before.
  for (let at = 0; at < count && mistake + chance <= (1 - level) * (1 + 1e-9); at += 1) {
    mistake += chance;
    index = at;
    chance *= (count - at) / (at + 1);
  }
  const low = sorted[index];
  const high = sorted[count - 1 - index];
  if (index < 0 || low === undefined || high === undefined || middle === null) return null;
  return { median: middle, low, high, level: 1 - mistake };
}
