import { median } from "./median.ts";

/** Beyond so many deviations a value is flagged, as Iglewicz and Hoaglin (1993) recommend. */
const farAway = 3.5;
/** What turns the two kinds of deviation into the standard deviation of a normal sample. */
const ofMedianDeviation = 1.4826;
const ofMeanDeviation = 1.2533;

/**
 * Which values lie far from the rest, by position: a modified z-score over 3.5, from the median and the median
 * absolute deviation. Standard deviations from the mean would hide an outlier behind its own width.
 *
 * They are named, never dropped: a slow round is a measurement. Where more than half of the values are equal the mean
 * absolute deviation takes the place of the median one, which is then zero.
 */
export function outliers(values: readonly number[]): readonly number[] {
  const centre = median(values);
  if (centre === null) return [];
  const distances = values.map((value) => Math.abs(value - centre));
  const meanDistance = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
  const deviation = ofMedianDeviation * (median(distances) ?? 0) || ofMeanDeviation * meanDistance;
  return distances.flatMap((distance, index) => (distance > farAway * deviation ? [index] : []));
}
