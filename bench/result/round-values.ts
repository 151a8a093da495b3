import type { MetricId } from "./metric.ts";
import type { Round } from "./result.ts";

/** Where values are looked up: one metric of one arm of a scenario. */
export interface ValuePlace {
  readonly scenario: string;
  readonly arm: string;
  readonly metric: MetricId;
}

/** What an arm measured, one value per valid round that has the metric. */
export function roundValues(
  rounds: readonly Round[],
  { scenario, arm, metric }: ValuePlace,
): readonly number[] {
  return rounds
    .filter((round) => round.valid && round.scenario === scenario)
    .flatMap((round) => round.arms[arm]?.[metric] ?? []);
}
