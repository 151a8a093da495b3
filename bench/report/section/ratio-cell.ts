import type { Comparison } from "../../result/schema.ts";
import { emptyCell, type Cell, type Tone } from "../model/table.ts";
import type { ShownMetric } from "../read/shown-metric.ts";

/** The ratio of a comparison with its interval, marked where the interval lies wholly on one side of 1. */
export function ratioCell(comparison: Comparison | undefined, metric: ShownMetric | undefined): Cell {
  if (comparison === undefined || comparison.ratio === null) return emptyCell;
  const { ratio, budget } = comparison;
  const interval = intervalOf(comparison);
  const tone = interval === null || metric === undefined ? undefined : toneOf(interval, metric.isLowerBetter);
  return {
    kind: "ratio",
    ratio,
    interval,
    isExact: budget === 0,
    ...(tone === undefined ? {} : { tone }),
  };
}

/** The interval of a comparison; null where a single round leaves it unknown. */
export function intervalOf({ ci, n }: Comparison): readonly [low: number, high: number] | null {
  const [low, high] = ci;
  return low === null || high === null || n < 2 ? null : [low, high];
}

function toneOf([low, high]: readonly [number, number], isLowerBetter: boolean): Tone {
  if (low <= 1 && high >= 1) return "faint";
  return isLowerBetter === high < 1 ? "better" : "worse";
}
