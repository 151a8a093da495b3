import type { Check } from "../../result/result.ts";
import { bytesPerRow } from "../../session/arm.ts";
import { growthOf } from "../../statistics/growth.ts";
import type { MedianOf } from "../expectation.ts";
import type { ScalingArm } from "./scaling-arms.ts";

/** How far the peak of a streamed export may rise from its smallest to its largest size and still count as flat. */
const flatPeakBytes = 8 * 1024 ** 2;

/** The slope of each arm beside what its delivery should show, and how far the streamed peak rose. */
export function checkGrowth(
  scenario: string,
  arms: readonly ScalingArm[],
  medianOf: MedianOf,
): readonly Check[] {
  return [...new Set(arms.map(({ base }) => base))].flatMap((base): readonly Check[] => {
    const own = arms.filter((arm) => arm.base === base);
    const [first] = own;
    const points = own.flatMap(({ id, rows }) => {
      const peak = medianOf(id, "peak_rss_over_idle_bytes");
      return peak === null ? [] : [{ x: medianOf(id, "rows") ?? rows, y: peak }];
    });
    if (first === undefined) return [];
    const fullSlope = bytesPerRow(first);
    const growth = growthOf(points, fullSlope);
    if (growth === null) return [];
    const slope = (expected: number | null, ok: boolean): Check => {
      const id = `${scenario}.${base}.slope_bytes_per_row`;
      return { id, expected, observed: growth.slope, tolerance: null, ok };
    };
    if (first.delivery === "buffered") return [slope(fullSlope, growth.order === "grows")];
    // What another server should do is not known here.
    if (first.delivery === null) return [slope(null, true)];
    const observed = (points.at(-1)?.y ?? 0) - (points[0]?.y ?? 0);
    const id = `${scenario}.${base}.peak_rise_bytes`;
    return [
      { id, expected: 0, observed, tolerance: flatPeakBytes, ok: observed <= flatPeakBytes },
      slope(0, growth.order === "flat"),
    ];
  });
}
