import { formatBytes, formatCount, formatSeconds } from "../../../src/ground.ts";
import { resolutionOf } from "../../result/measured-value.ts";
import { roundValues } from "../../result/round-values.ts";
import type { Comparison, Round } from "../../result/result.ts";
import { medianBounds, type MedianBounds } from "../../statistics/median-bounds.ts";
import { metricOf, nameOf, type AbsoluteBudget } from "../budget/budget.ts";
import type { Decision } from "./decide.ts";
import type { Judgement } from "./judge-metric.ts";

/**
 * Judges a metric by a value that it has to keep: the bounds of its rounds' median wholly within pass, wholly beyond are a
 * regression, anything else is inconclusive.
 * @param level of each bound, already adjusted to the number of metrics
 */
export function judgeAbsolute(
  scenario: string,
  rounds: readonly Round[],
  budget: AbsoluteBudget,
  level: number,
): Judgement {
  const { delivery, metric, limit } = budget;
  const values = roundValues(rounds, { scenario, arm: delivery, metric });
  const bounds = medianBounds(values, level);
  const verdict = bounds === null ? "inconclusive" : decideLimit(bounds, budget);
  const share = (value: number): number | null => (limit.value === 0 ? null : value / limit.value);
  const comparison: Comparison = {
    scenario,
    metric,
    treatment: delivery,
    control: limit.text,
    ratio: bounds === null ? null : share(bounds.median),
    ci: bounds === null ? [null, null] : [share(bounds.low), share(bounds.high)],
    level: bounds?.level ?? null,
    method: "exact one-sided order-statistic bounds of the median, over the budget",
    n: values.length,
    mde: null,
    budget: null,
    limit: { bound: limit.bound, value: limit.value },
    verdict,
  };
  return {
    name: nameOf(budget),
    comparison,
    aa: null,
    verdict,
    reason: reasonOf(budget, bounds, values, verdict),
  };
}

function decideLimit({ low, high }: MedianBounds, { limit: { bound, value } }: AbsoluteBudget): Decision {
  if (bound === "most") return high <= value ? "pass" : low > value ? "regression" : "inconclusive";
  return low >= value ? "pass" : high < value ? "regression" : "inconclusive";
}

function reasonOf(
  budget: AbsoluteBudget,
  bounds: MedianBounds | null,
  values: readonly number[],
  verdict: Decision,
): string {
  const { delivery, metric, limit } = budget;
  const subject = `${delivery} ${metric}`;
  if (values.length === 0) return `${subject} was measured in no round, so it can't be judged.`;
  if (bounds === null)
    return `${subject} has to be ${limit.text}, and ${values.length} rounds are too few for a decision.`;
  const { id, unit } = metricOf(budget);
  const show = (value: number): string => {
    const resolution = resolutionOf(id);
    return value < resolution ? `< ${valueText(resolution, unit)}` : valueText(value, unit);
  };
  const found = `${subject} is ${show(bounds.median)} (${show(bounds.low)} to ${show(bounds.high)})`;
  if (verdict === "pass") return `${found}: within its budget of ${limit.text}.`;
  if (verdict === "regression") return `${found}: wholly beyond its budget of ${limit.text}.`;
  return `${found}: whether it keeps its budget of ${limit.text} can't be decided.`;
}

function valueText(value: number, unit: string): string {
  if (unit === "s") return formatSeconds(value);
  if (unit === "bytes") return formatBytes(value);
  if (unit === "bytes/s") return `${formatBytes(value)}/s`;
  if (unit === "rows") return formatCount(value);
  if (unit === "s/MiB") return `${formatSeconds(value)}/MiB`;
  return `${Number(value.toPrecision(3))}${unit === "ratio" ? "" : ` ${unit}`}`;
}
