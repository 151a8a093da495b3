import type { NamedBaseline } from "../gate/baseline/baseline.ts";
import { nameOf, originOf, type Budget } from "../gate/budget/budget.ts";
import type { RunPlan } from "../scenario/scenario.ts";
import { withRangeCode } from "./with-range-code.ts";
import type { RunSettings } from "./settings.ts";

/**
 * Refuses, once the servers are known and before the first round, budgets that can't be judged with them: for memory and
 * CPU time of processes that aren't known, for numbers that a server doesn't report, and against a baseline for which
 * another number of rows was asked for.
 * @throws RangeError `SCSV_ARG_RANGE` that names the budget and says why
 */
export function requireMeasurable(
  { budgets, baseline }: Pick<RunSettings, "budgets" | "baseline">,
  { arms }: Pick<RunPlan, "arms">,
): void {
  withRangeCode(() => {
    for (const budget of budgets) requireMetric(budget, arms);
    if (baseline !== null) requireSameRequest(baseline, arms);
  });
}

/** An export that itself has other rows than before is measured and judged. */
function requireSameRequest({ name, content }: NamedBaseline, arms: RunPlan["arms"]): void {
  const { rows, bodies } = content.export;
  // Baselines of earlier versions keep the rows of the first only.
  for (const { id, subject, body, isWhole = false } of bodies === undefined ? arms.slice(0, 1) : arms) {
    const earlier = bodies === undefined ? rows : bodies.find((one) => one.name === subject)?.rows;
    if (isWhole || earlier === undefined || earlier === null || body.rows === earlier) continue;
    throw new RangeError(
      `"${name}" is a baseline of ${earlier} rows, and ${id} gives ${body.rows}: give --rows ${earlier}, or save a new baseline.`,
    );
  }
}

function requireMetric(budget: Budget, arms: RunPlan["arms"]): void {
  const origin = originOf(budget);
  for (const { id, subject, isSampled = true, reportsInside = true, unreported = [] } of arms) {
    if (subject !== budget.delivery) continue;
    const missing =
      origin === "processes" && !isSampled
        ? `the processes of ${id} are not known`
        : origin === "inside" && !reportsInside
          ? `${id} reports no inside numbers (stats)`
          : unreported.includes(budget.metric)
            ? `the inside numbers (stats) of ${id} leave out ${budget.metric}`
            : null;
    if (missing === null) continue;
    throw new RangeError(
      `The budget for ${nameOf(budget)} can't be judged: ${missing}. Give another budget, such as ${budget.delivery}.total_s=10%.`,
    );
  }
}
