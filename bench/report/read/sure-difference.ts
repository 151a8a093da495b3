import type { Comparison } from "../../result/result.ts";
import type { ScenarioView } from "./scenario-view.ts";

/** Fewer rounds say next to nothing: the interval of three covers the true value in three of four runs only. */
export const fewestSureRounds = 4;

/** A difference that equal arms don't show. */
export interface SureDifference {
  readonly ratio: number;
  readonly interval: readonly [low: number, high: number];
}

/**
 * The difference of an arm from its control in a metric, where a sentence may rest on it: its interval lies wholly on one
 * side of 1, and its ratio is farther from 1 than any end of the interval of two equal arms of the same run. null
 * otherwise, and with too few rounds.
 */
export function sureDifference(view: ScenarioView, arm: string, metric: string): SureDifference | null {
  const comparison = view.comparison(arm, metric);
  const interval = comparison === undefined ? null : repeatedInterval(comparison);
  if (comparison === undefined || comparison.ratio === null || interval === null) return null;
  const [low, high] = interval;
  if (low <= 1 && high >= 1) return null;
  return distance(comparison.ratio) > noiseDistance(view, metric)
    ? { ratio: comparison.ratio, interval }
    : null;
}

/** The comparisons of equal arms in a metric. */
export function equalArms(view: ScenarioView, metric: string): readonly Comparison[] {
  const again = new Set(view.arms.flatMap(({ id, role }) => (role === "aa" ? [id] : [])));
  return view.comparisons.filter((item) => again.has(item.treatment) && item.metric === metric);
}

/** The interval of a comparison of enough rounds; null otherwise. */
export function repeatedInterval({ ci, n }: Comparison): readonly [low: number, high: number] | null {
  const [low, high] = ci;
  return low === null || high === null || low <= 0 || n < fewestSureRounds ? null : [low, high];
}

/** How far equal arms may lie apart in this run; 0 without equal arms. */
function noiseDistance(view: ScenarioView, metric: string): number {
  const ends = equalArms(view, metric).flatMap((item) => repeatedInterval(item) ?? item.ratio ?? []);
  return Math.max(0, ...ends.map(distance));
}

function distance(ratio: number): number {
  return ratio > 0 ? Math.abs(Math.log(ratio)) : Number.POSITIVE_INFINITY;
}
