/** An interval for the median of any distribution whatever. */
export interface MedianInterval {
  readonly low: number;
  readonly high: number;
  /** The level it has: at least the one asked for, or the highest that so few values allow. */
  readonly level: number;
  /** Which value from either end the interval ends at, counted from 1. */
  readonly rank: number;
}

/**
 * The interval between two of the values that holds the median, by counting heads and tails: each value lies below
 * the median with probability one half, whatever the distribution.
 * @default level 0.95
 * @returns null when there is no value
 */
export function medianInterval(values: readonly number[], level = 0.95): MedianInterval | null {
  const sorted = values.toSorted((a, b) => a - b);
  const count = sorted.length;
  const tail = (1 - level) / 2;
  // P(fewer than `rank` values below the median), with one more term each time.
  let term = 0.5 ** count;
  let below = term;
  let rank = 1;
  for (;;) {
    term *= (count - rank + 1) / rank;
    if (below + term > tail || 2 * (rank + 1) > count + 1) break;
    below += term;
    rank += 1;
  }
  const [low, high] = [sorted[rank - 1], sorted[count - rank]];
  return low === undefined || high === undefined ? null : { low, high, level: 1 - 2 * below, rank };
}
