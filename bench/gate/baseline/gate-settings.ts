import type { Delivery } from "../../../src/index.ts";
import { nameOfExport, type Baseline } from "./baseline.ts";
import {
  defaultBudgets,
  nameOf,
  parseBudget,
  requireAboveFloor,
  requireInRounds,
  type Budget,
} from "../budget/budget.ts";
import type { CalibrationRun, Machine } from "../budget/calibration-run.ts";
import { noiseFloor } from "../budget/noise-floor.ts";
import { isPortable } from "./metric-values.ts";

/** An earlier run that this one is held against, and what it is called. */
export interface NamedBaseline {
  readonly name: string;
  readonly content: Baseline;
}

/**
 * The budgets of a run that gates, from how they were written; by default those of `cpu_s_per_mib` and
 * `peak_rss_over_idle_bytes`.
 * @param deliveries that are measured
 * @throws RangeError when one is wrong, is for what isn't measured, or comes twice
 */
export function readBudgets(texts: readonly string[], deliveries: readonly Delivery[]): readonly Budget[] {
  const budgets = texts.length === 0 ? defaultBudgets(deliveries) : texts.map((text) => parseBudget(text));
  for (const [index, budget] of budgets.entries()) {
    requireInRounds(budget);
    if (!deliveries.includes(budget.delivery)) {
      throw new RangeError(
        `There is a budget for ${nameOf(budget)}, but measured are: ${deliveries.join(", ")}. --deliveries names what is measured.`,
      );
    }
    if (budgets.findIndex((other) => nameOf(other) === nameOf(budget)) < index) {
      throw new RangeError(`There are two budgets for ${nameOf(budget)}: leave one out.`);
    }
  }
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
  for (const budget of budgets) {
    requireAboveFloor(budget, noiseFloor(calibration, nameOf(budget), machine));
  }
}

/**
 * Refuses, before anything is measured, a baseline that this run can't be held against.
 * @throws RangeError that says what the baseline has instead
 */
export function requireComparable(
  { name, content }: NamedBaseline,
  budgets: readonly Budget[],
  run: { readonly config: Readonly<Record<string, unknown>>; readonly fingerprint: string },
): void {
  const wanted = nameOfExport(run.config);
  if (content.export.name !== wanted) {
    throw new RangeError(
      `"${name}" is a baseline of the export "${content.export.name}", and "${wanted}" is to be measured: only the same export can be held against it.`,
    );
  }
  // A generated export has as many rows as are asked for; how many a file has shows only when it is read.
  const { exportName, rows } = run.config;
  if (typeof exportName === "string" && typeof rows === "number" && content.export.rows !== rows) {
    throw new RangeError(
      `"${name}" is a baseline of ${content.export.rows} rows, and ${rows} are to be measured: give --rows ${content.export.rows}, or leave it out.`,
    );
  }
  const isSameMachine = content.environment.fingerprint === run.fingerprint;
  const known = content.series.filter(
    (series) => series.scenario === "export" && (isSameMachine || isPortable(series)),
  );
  const missing = budgets.find(
    ({ delivery, metric }) =>
      !known.some((series) => series.delivery === delivery && series.metric === metric),
  );
  if (missing === undefined) return;
  const names = new Set(known.map(({ delivery, metric }) => `${delivery}.${metric}`));
  throw new RangeError(
    `"${name}" has no ${nameOf(missing)} that can be compared${isSameMachine ? "" : " with this kind of machine"}; it has: ${[...names].join(", ")}.`,
  );
}
