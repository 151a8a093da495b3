/** One point of a curve. */
export type CurvePoint = readonly [x: number, y: number];

/** The most points a curve of a result file has. */
const mostPoints = 120;

/**
 * A curve with at most 120 points. The x axis is cut into as many equal pieces, and each piece keeps its highest point,
 * so that no peak is lost, or its mean.
 */
export function thinCurve(points: readonly CurvePoint[], keep: "highest" | "mean"): [number, number][] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return [];
  if (points.length <= mostPoints) return points.map(([x, y]) => [x, y]);
  const width = (last[0] - first[0]) / mostPoints;
  const pieces = new Map<number, CurvePoint[]>();
  for (const point of points) {
    const index = Math.min(mostPoints - 1, Math.floor((point[0] - first[0]) / width));
    const piece = pieces.get(index);
    if (piece === undefined) pieces.set(index, [point]);
    else piece.push(point);
  }
  return [...pieces.values()].map((piece) => (keep === "highest" ? highestOf(piece) : meanOf(piece)));
}

function highestOf(piece: readonly CurvePoint[]): [number, number] {
  const [x, y] = piece.reduce((best, point) => (point[1] > best[1] ? point : best));
  return [x, y];
}

function meanOf(piece: readonly CurvePoint[]): [number, number] {
  const sum = piece.reduce(([x, y], point): CurvePoint => [x + point[0], y + point[1]]);
  return [sum[0] / piece.length, sum[1] / piece.length];
}
