import type { Arm, BenchResult, Comparison, Round } from "../../result/schema.ts";
import { median } from "../../statistics/median.ts";
import { shownMetrics, type ShownMetric } from "./metric-label.ts";

/** One scenario of a result, as a report shows it. */
export interface ScenarioView {
  readonly name: string;
  readonly title: string;
  /** Arms with at least one number, in the order of the result. */
  readonly arms: readonly Arm[];
  /** Metrics with at least one number, in the order of the result. */
  readonly metrics: readonly ShownMetric[];
  readonly rounds: readonly Round[];
  readonly comparisons: readonly Comparison[];
  /** Values of a metric in the valid rounds, in their order. */
  values(arm: string, metric: string): readonly number[];
  median(arm: string, metric: string): number | null;
}

const titles: Readonly<Record<string, string>> = {
  export: "One export at a time, at full speed",
  "slow-readers": "Clients that read slowly",
  scaling: "Memory against rows",
  leave: "Clients that go away",
  mixed: "Exports and short requests together",
  "sync-workers": "Workers that take one connection at a time",
};

/** The scenarios that were measured, in the order they were. */
export function scenarioViews(result: BenchResult): readonly ScenarioView[] {
  const metrics = shownMetrics(result);
  return [...new Set(result.rounds.map(({ scenario }) => scenario))].map((name) => {
    const rounds = result.rounds.filter(({ scenario }) => scenario === name);
    const valid = rounds.filter((round) => round.valid);
    const values = (arm: string, metric: string): readonly number[] =>
      valid.flatMap((round) => round.arms[arm]?.[metric] ?? []);
    const arms = result.arms.filter(
      (arm) => arm.scenario === name && rounds.some((round) => round.arms[arm.id] !== undefined),
    );
    return {
      name,
      title: titles[name] ?? name,
      arms,
      metrics: metrics.filter(({ id }) =>
        rounds.some((round) => arms.some((arm) => typeof round.arms[arm.id]?.[id] === "number")),
      ),
      rounds,
      comparisons: result.comparisons.filter(({ scenario }) => scenario === name),
      values,
      median: (arm, metric) => median(values(arm, metric)),
    };
  });
}
