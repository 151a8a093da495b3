import { median } from "../../statistics/median.ts";
import { medianBounds } from "../../statistics/median-bounds.ts";
import { fewestSureRounds } from "./sure-difference.ts";

/** A median, and where the true one lies. */
export interface MedianInterval {
  readonly median: number;
  readonly interval: readonly [low: number, high: number];
  /** How often an interval made this way holds the true median. */
  readonly confidence: number;
}

/** Each bound of an interval of 95 %. */
const boundLevel = 0.975;

/**
 * The interval of a median from order statistics: of 95 %, or of all values where these are too few for that. null with
 * too few to say anything.
 */
export function medianInterval(values: readonly number[]): MedianInterval | null {
  const middle = median(values);
  if (middle === null || values.length < fewestSureRounds) return null;
  const bounds = medianBounds(values, boundLevel) ?? medianBounds(values, 1 - 0.5 ** values.length);
  if (bounds === null) return null;
  return { median: middle, interval: [bounds.low, bounds.high], confidence: 2 * bounds.level - 1 };
}
