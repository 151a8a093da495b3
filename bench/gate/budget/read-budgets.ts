import {
  defaultBudgets,
  nameOf,
  parseBudget,
  relativeOf,
  requireAboveFloor,
  requireInRounds,
  requireOneEach,
  type Budget,
} from "./budget.ts";
import type { CalibrationRun, Machine } from "./calibration-run.ts";
import { noiseFloor } from "./noise-floor.ts";

/**
 * The budgets of a run that gates, from their texts; by default those of `cpu_s_per_mib` and `peak_rss_over_idle_bytes`.
 * @param subjects that are measured: deliveries and targets
 * @throws RangeError when one is wrong, is for something that is not measured, or is given twice
 */
export function readBudgets(texts: readonly string[], subjects: readonly string[]): readonly Budget[] {
  const budgets = texts.length === 0 ? defaultBudgets(subjects) : texts.map((text) => parseBudget(text));
  for (const budget of budgets) {
    requireInRounds(budget);
    if (!subjects.includes(budget.delivery)) {
      throw new RangeError(
        `There is a budget for ${nameOf(budget)}, but only these are measured: ${subjects.join(", ")}. Name more of them with --deliveries or --target.`,
      );
    }
  }
  requireOneEach(budgets);
  return budgets;
}

/**
 * Refuses budgets below the noise of this kind of machine, where that is known.
 * @throws RangeError that names the floor
 */
export function requireAboveNoise(
  budgets: readonly Budget[],
  calibration: readonly CalibrationRun[],
  machine: Machine,
): void {
  for (const budget of relativeOf(budgets)) {
    requireAboveFloor(budget, noiseFloor(calibration, nameOf(budget), machine));
  }
}
