/** One measured pair. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A straight line through points. */
export interface Line {
  /** Units of y for one unit of x. */
  readonly slope: number;
  readonly intercept: number;
}

/**
 * The line with the least sum of squared vertical distances (ordinary least squares). It assumes that x is known exactly,
 * as a number of rows is.
 * @returns null with fewer than two different x, which leave the slope undetermined
 */
export function leastSquares(points: readonly Point[]): Line | null {
  const meanX = mean(points.map((point) => point.x));
  const meanY = mean(points.map((point) => point.y));
  let products = 0;
  let squares = 0;
  for (const { x, y } of points) {
    // Distances from the means, because sums of squares of row counts lose digits.
    products += (x - meanX) * (y - meanY);
    squares += (x - meanX) ** 2;
  }
  if (squares === 0 || points.length === 0) return null;
  const slope = products / squares;
  return { slope, intercept: meanY - slope * meanX };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
