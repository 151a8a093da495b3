import { nameOf, type RelativeBudget } from "../budget/budget.ts";
import type { MetricValues } from "./metric-values.ts";

/** What two runs measured of the same. */
export interface ValuesPair {
  readonly before: MetricValues;
  readonly after: MetricValues;
}

/**
 * Plain values where they can be compared, because a ratio hides a change that the control shares.
 * @throws RangeError that says which run lacks them, and what it has instead
 */
export function pairOf(
  budget: RelativeBudget,
  pairs: readonly ValuesPair[],
  runs: readonly MeasuredRun[],
): ValuesPair {
  const found = pairs.filter((pair) => isFor(budget, pair.after));
  const pair = found.find((one) => one.after.over === null) ?? found[0];
  if (pair !== undefined) return pair;
  const fault = `The budget for ${nameOf(budget)} can't be judged`;
  const lacking = runs.find(({ series }) => !series.some((values) => isFor(budget, values)));
  if (lacking !== undefined) {
    const own = lacking.series.filter(({ delivery }) => delivery === budget.delivery);
    const measured =
      own.length > 0
        ? own.map(({ metric }) => `${budget.delivery}.${metric}`)
        : lacking.series.map(({ delivery }) => delivery);
    const list = measured.length === 0 ? "nothing" : [...new Set(measured)].join(", ");
    throw new RangeError(`${fault}: ${lacking.name} did not measure it. It measured: ${list}.`);
  }
  throw new RangeError(
    `${fault}: ${runs.map(({ name }) => name).join(" and ")} do not both have it in a form that can be compared. Measure both on the same kind of machine, or with the same control, and with the same number of rows.`,
  );
}

/** What one of the runs measured, and its name in messages. */
interface MeasuredRun {
  readonly name: string;
  readonly series: readonly MetricValues[];
}

function isFor(budget: RelativeBudget, { delivery, metric }: MetricValues): boolean {
  return delivery === budget.delivery && metric === budget.metric;
}
