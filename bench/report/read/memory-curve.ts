import type { Arm } from "../../result/result.ts";
import { growthOf, type Growth } from "../../statistics/growth.ts";
import type { Point } from "../../statistics/least-squares.ts";
import type { ScenarioView } from "./scenario-view.ts";

/** Peak memory over idle by rows, for one delivery or target. */
export interface MemoryCurve {
  readonly name: string;
  /** x: rows, y: bytes; by ascending rows. */
  readonly points: readonly Point[];
  /** null with fewer than two sizes, or when the bytes of a row aren't known. */
  readonly growth: Growth | null;
}

/** What the scenario `scaling` found, a curve for each delivery. */
export function memoryCurves(view: ScenarioView): readonly MemoryCurve[] {
  const { arms, bytesPerRow } = view;
  return [...new Set(arms.map(curveOf))].map((name) => {
    const points = arms
      .filter((arm) => curveOf(arm) === name)
      .flatMap(({ id }): Point[] => {
        const x = view.median(id, "rows");
        const y = view.median(id, "peak_rss_over_idle_bytes");
        return x === null || y === null ? [] : [{ x, y }];
      })
      .toSorted((left, right) => left.x - right.x);
    return { name, points, growth: bytesPerRow === null ? null : growthOf(points, bytesPerRow) };
  });
}

/** The curve an arm is a point of: its name without its rows, so that versions of one delivery stay apart. */
export function curveOf({ id, rows, delivery }: Arm): string {
  const end = `-${rows}`;
  return id.endsWith(end) ? id.slice(0, -end.length) : delivery;
}
