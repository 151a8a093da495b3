import { nameOf, originOf, type Budget } from "../gate/budget/budget.ts";
import type { RunPlan } from "../scenario/scenario.ts";
import { withRangeCode } from "./with-range-code.ts";
import type { RunSettings } from "./settings.ts";

/**
 * Refuses, once the servers are known and before the first round, budgets that can't be judged with them: for memory and
 * CPU time of processes that aren't known, for numbers that a server doesn't report, and against a baseline of another
 * size.
 * @throws RangeError `SCSV_ARG_RANGE` that names the budget and says why
 */
export function requireMeasurable(
  { budgets, baseline }: Pick<RunSettings, "budgets" | "baseline">,
  { arms }: Pick<RunPlan, "arms">,
): void {
  withRangeCode(() => {
    for (const budget of budgets) requireMetric(budget, arms);
    const earlier = baseline?.content.export.rows ?? null;
    const [first] = arms;
    if (baseline === null || earlier === null || first === undefined || first.body.rows === earlier) return;
    const { rows } = first.body;
    const remedy = first.target.takesRows
      ? `give --rows ${earlier}, or leave it out`
      : "save a new baseline, or let the target give as many rows as before";
    throw new RangeError(
      `"${baseline.name}" is a baseline of ${earlier} rows, and ${first.id} gives ${rows}: ${remedy}.`,
    );
  });
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
