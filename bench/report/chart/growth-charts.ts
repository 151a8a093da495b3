import { formatBytes } from "../../../src/ground.ts";
import { leastSquares } from "../../statistics/least-squares.ts";
import type { Chart, ChartPoint, Mark } from "../model/chart.ts";
import { significant, withoutZeros } from "../number-text.ts";
import type { MemoryCurve } from "../read/memory-curve.ts";
import type { ScenarioView } from "../read/scenario-view.ts";
import { linearAxis, shortCount } from "./axis.ts";

/** Peak memory against rows, with the line whose slope tells O(1) from O(n); none when no delivery has two sizes. */
export function growthCharts(view: ScenarioView, all: readonly MemoryCurve[]): readonly Chart[] {
  const curves = all.filter(({ points }) => points.length > 1);
  if (curves.length === 0) return [];
  const points = curves.flatMap((curve) => curve.points);
  const slopes = curves.flatMap((curve) => {
    const slope = slopeOf(view, curve);
    return slope === null ? [] : [`${curve.name} ${significant(slope, 2)}`];
  });
  return [
    {
      title: "Peak memory over idle against rows",
      description: `A mark is the median of a size; lines are fitted by least squares. Bytes for each row: ${slopes.join(", ")}.`,
      x: {
        ...linearAxis(
          points.map(({ x }) => x),
          { isBytes: false, hasZero: true, text: shortCount },
        ),
        title: "rows",
      },
      y: linearAxis(
        points.map(({ y }) => y),
        { isBytes: true, hasZero: true, text: (value) => withoutZeros(formatBytes(value)) },
      ),
      marks: curves.flatMap((curve): readonly Mark[] => [
        { kind: "line", of: curve.name, points: fittedLine(view, curve), isThick: true },
        { kind: "dots", of: curve.name, points: curve.points.map(({ x, y }) => [x, y]) },
      ]),
      numbers: null,
    },
  ];
}

/** The slope that the run itself was judged by, where it was; else that of the points. */
function slopeOf(view: ScenarioView, { name, points }: MemoryCurve): number | null {
  return view.observed(name, "slope_bytes_per_row") ?? leastSquares(points)?.slope ?? null;
}

/** The two ends of the line; a least-squares line goes through the mean of its points. */
function fittedLine(view: ScenarioView, curve: MemoryCurve): readonly ChartPoint[] {
  const slope = slopeOf(view, curve);
  if (slope === null) return [];
  const xs = curve.points.map(({ x }) => x);
  const meanX = mean(xs);
  const meanY = mean(curve.points.map(({ y }) => y));
  return [Math.min(...xs), Math.max(...xs)].map((x) => [x, meanY + slope * (x - meanX)]);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
