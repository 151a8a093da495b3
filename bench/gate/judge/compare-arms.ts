import { metrics } from "../../result/metric.ts";
import type { Arm, Comparison, Round } from "../../result/result.ts";
import { compareRounds } from "../../statistics/compare.ts";

/** Metrics without a ratio: the size of the export is the same in all arms. */
const fixed = new Set(["rows", "body_bytes", "slow_body_bytes"]);

/**
 * Compares every arm of a scenario with its control, metric by metric, over the valid rounds that have both. The control
 * of an arm is that of the same delivery, where there is one (another version), else the first one. Exports of different
 * rows are never compared.
 */
export function compareArms(
  scenario: string,
  arms: readonly Arm[],
  rounds: readonly Round[],
): readonly Comparison[] {
  const own = arms.filter((arm) => arm.scenario === scenario);
  return own
    .filter((arm) => arm.role !== "control")
    .flatMap((arm) => {
      const control = controlOf(arm, own);
      if (control === undefined) return [];
      return metrics
        .filter((metric) => !fixed.has(metric.id))
        .flatMap((metric) => compareMetric(metric.id, arm, control, rounds) ?? []);
    });
}

function controlOf(arm: Arm, arms: readonly Arm[]): Arm | undefined {
  const controls = arms.filter(({ role, rows }) => role === "control" && rows === arm.rows);
  return controls.find(({ delivery }) => delivery === arm.delivery) ?? controls[0];
}

/** null when no round has the metric in both arms. */
function compareMetric(metric: string, arm: Arm, control: Arm, rounds: readonly Round[]): Comparison | null {
  const pairs = rounds
    .filter((round) => round.valid && round.scenario === arm.scenario)
    .flatMap((round) => {
      const treatment = round.arms[arm.id]?.[metric];
      const base = round.arms[control.id]?.[metric];
      return typeof treatment === "number" && typeof base === "number" ? [{ treatment, control: base }] : [];
    });
  if (pairs.length === 0) return null;
  const estimate = compareRounds(pairs);
  return {
    scenario: arm.scenario,
    metric,
    treatment: arm.id,
    control: control.id,
    ratio: estimate?.ratio ?? null,
    ci: [estimate?.low ?? null, estimate?.high ?? null],
    level: estimate?.level ?? null,
    method: estimate?.method ?? "none: a value is not above zero, and has no log ratio",
    n: pairs.length,
    mde: null,
    budget: null,
    verdict: "informational",
  };
}
