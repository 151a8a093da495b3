import type { ChartPoint } from "../model/chart.ts";

/** A chart is too narrow to show more points than this. */
const mostPoints = 200;

/**
 * Leaves out points without changing the outline of a line: it keeps the first and the last point, and the lowest and
 * the highest of each stretch between them.
 */
export function thinPoints(points: readonly ChartPoint[], most = mostPoints): readonly ChartPoint[] {
  if (points.length <= most) return points;
  const inner = points.slice(1, -1);
  const perStretch = Math.ceil(inner.length / Math.floor((most - 2) / 2));
  const stretches = Array.from({ length: Math.ceil(inner.length / perStretch) }, (_, index) =>
    inner.slice(index * perStretch, (index + 1) * perStretch),
  );
  const extremes = stretches.flatMap((stretch) => {
    const lowest = stretch.reduce((best, point) => (point[1] < best[1] ? point : best));
    const highest = stretch.reduce((best, point) => (point[1] > best[1] ? point : best));
    return stretch.filter((point) => point === lowest || point === highest);
  });
  return [...points.slice(0, 1), ...extremes, ...points.slice(-1)];
}
