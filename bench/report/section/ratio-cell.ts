import type { Comparison } from "../../result/result.ts";
import { emptyCell, type Cell, type Tone } from "../model/table.ts";
import type { ScenarioView } from "../read/scenario-view.ts";
import { equalArms, sureDifference } from "../read/sure-difference.ts";

/**
 * The ratio of a comparison with its interval. It is marked as better or worse only where equal arms of the same run lie
 * nearer to each other. Where no equal arms were measured, nobody knows how far these lie apart.
 */
export function ratioCell(view: ScenarioView, comparison: Comparison | undefined): Cell {
  if (comparison === undefined || comparison.ratio === null) return emptyCell;
  const { ratio, budget, treatment, metric } = comparison;
  const interval = intervalOf(comparison);
  const isLowerBetter = view.metrics.find(({ id }) => id === metric)?.isLowerBetter;
  const hasEqualArms = equalArms(view, metric).length > 0;
  const isSure = hasEqualArms && sureDifference(view, treatment, metric) !== null;
  const tone = isSure && isLowerBetter !== undefined ? toneOf(ratio, isLowerBetter) : "faint";
  return { kind: "ratio", ratio, interval, isExact: budget === 0, tone };
}

/** The interval of a comparison; null where a single round leaves it unknown. */
export function intervalOf({ ci, n }: Comparison): readonly [low: number, high: number] | null {
  const [low, high] = ci;
  return low === null || high === null || n < 2 ? null : [low, high];
}

function toneOf(ratio: number, isLowerBetter: boolean): Tone {
  return isLowerBetter === ratio < 1 ? "better" : "worse";
}
