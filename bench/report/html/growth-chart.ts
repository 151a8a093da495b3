import { dot, gridY, line } from "@observablehq/plot";
import { formatBytes } from "../../../src/internal.ts";
import type { BenchResult } from "../../result/schema.ts";
import { leastSquares } from "../../statistics/least-squares.ts";
import { significant, withoutZeros } from "../number-text.ts";
import { memoryCurves, type MemoryCurve } from "../summary.ts";
import type { ArmLook } from "./arm-look.ts";
import { linearAxis, shortCount } from "./axis.ts";
import { drawSvg, type Chart } from "./chart.ts";

/** Peak memory against rows, with the line whose slope tells O(1) from O(n); none when fewer than two sizes were measured. */
export function growthCharts(result: BenchResult, looks: readonly ArmLook[]): readonly Chart[] {
  const curves = memoryCurves(result).filter(({ points }) => points.length > 1);
  if (curves.length === 0) return [];
  const points = curves.flatMap((curve) => curve.points);
  const x = linearAxis(
    points.map((point) => point.x),
    { isBytes: false, hasZero: true },
  );
  const y = linearAxis(
    points.map((point) => point.y),
    { isBytes: true, hasZero: true },
  );
  const slopes = curves.flatMap((curve) => {
    const slope = slopeOf(result, curve);
    return slope === null ? [] : [`${curve.delivery} ${significant(slope, 2)}`];
  });
  const title = "Peak memory over idle against rows";
  const description = `A mark is the median of a size; lines are fitted by least squares. Bytes for each row: ${slopes.join(", ")}.`;
  return [
    {
      title,
      description,
      svg: drawSvg(title, description, {
        height: 260,
        marginBottom: 40,
        x: { ...x, label: "rows →", tickFormat: shortCount },
        y: { ...y, label: null, tickFormat: (value: number) => withoutZeros(formatBytes(value)) },
        marks: [
          gridY(y.ticks, { strokeOpacity: 0.15 }),
          ...curves.flatMap((curve) => {
            const look = looks.find(({ id }) => id === curve.delivery);
            const stroke = look?.color ?? "currentColor";
            return [
              line(fittedLine(result, curve), {
                stroke,
                strokeDasharray: look?.dash ?? "none",
                strokeWidth: 2,
              }),
              dot(curve.points, { x: "x", y: "y", stroke, symbol: look?.symbol ?? "circle", r: 4 }),
            ];
          }),
        ],
      }),
      numbers: null,
    },
  ];
}

/** The slope the run itself was judged by, where it was; else that of the points. */
function slopeOf({ checks }: BenchResult, { delivery, points }: MemoryCurve): number | null {
  const observed = checks.find(({ id }) => id === `scaling.${delivery}.slope_bytes_per_row`)?.observed;
  return typeof observed === "number" ? observed : (leastSquares(points)?.slope ?? null);
}

/** Two ends of the line; a least-squares line goes through the mean of its points. */
function fittedLine(result: BenchResult, curve: MemoryCurve): readonly (readonly [number, number])[] {
  const slope = slopeOf(result, curve);
  if (slope === null) return [];
  const xs = curve.points.map(({ x }) => x);
  const meanX = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const meanY = curve.points.reduce((sum, { y }) => sum + y, 0) / xs.length;
  return [Math.min(...xs), Math.max(...xs)].map((x) => [x, meanY + slope * (x - meanX)] as const);
}
