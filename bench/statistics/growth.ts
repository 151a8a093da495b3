import { leastSquares, type Point } from "./least-squares.ts";

/** How a quantity depends on the size of the task. */
export interface Growth {
  /** Units of y for one unit of x, by least squares. */
  readonly slope: number;
  /** `flat`: O(1); `grows`: O(n); `unclear`: not decided. */
  readonly order: "flat" | "grows" | "unclear";
}

/** A slope below the first share of the full slope is flat; one above the second share grows. */
const flatShare = 0.05;
const growingShare = 0.5;
/** Two sizes can't tell a line from a single step, such as a pool that fills once. */
const fewestForGrowth = 3;

/**
 * Tells constant from linear, by the slope as a share of the slope that a program has which keeps everything.
 * @param fullSlope the slope when everything is kept: for memory over rows, the bytes of a row
 * @returns null when the points have fewer than two different sizes
 */
export function growthOf(points: readonly Point[], fullSlope: number): Growth | null {
  const line = leastSquares(points);
  if (line === null) return null;
  const share = line.slope / fullSlope;
  // What falls doesn't grow: memory goes back to the system at times.
  if (share < flatShare) return { slope: line.slope, order: "flat" };
  const isGrowing = share > growingShare && points.length >= fewestForGrowth;
  return { slope: line.slope, order: isGrowing ? "grows" : "unclear" };
}
