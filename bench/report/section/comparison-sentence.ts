import type { BenchResult, Comparison } from "../../result/result.ts";
import { ratioText } from "../shown-cell.ts";
import { shareText, unitText, withoutZeros } from "../number-text.ts";
import { isWithLimit } from "../read/scenario-view.ts";
import { labelOf } from "../read/metric-label.ts";
import type { ShownMetric } from "../read/shown-metric.ts";
import { intervalOf } from "./ratio-cell.ts";

/** The comparisons that a verdict rests on. */
export function gatedComparisons({ comparisons }: BenchResult): readonly Comparison[] {
  return comparisons.filter(({ verdict, budget }) => verdict !== "informational" || budget !== null);
}

/**
 * The sentence that a comparison was judged by. A file of an older version has none, so one is made of its numbers:
 * `export: CPU per MiB of this is 1.12× (1.09–1.15) that of main; the budget is 5 %: regression.`
 */
export function comparisonSentence(comparison: Comparison): string {
  const { scenario, metric, treatment, control, budget, ratio, verdict, reason } = comparison;
  if (reason !== undefined) return reason;
  const allowed = budget === null ? "no budget is set" : `the budget is ${shareText(budget)}`;
  const times =
    ratio === null
      ? "unknown compared with"
      : `${ratioText({ ratio, interval: intervalOf(comparison), isExact: budget === 0 })} that of`;
  return `${scenario}: ${labelOf(metric)} of ${treatment} is ${times} ${control}; ${allowed}: ${verdict}.`;
}

/** By how much a comparison may differ: `10 % and 8 MiB`; or the value that is allowed: `<=500ms`. */
export function budgetText(comparison: Comparison, metric: ShownMetric | undefined): string {
  const { budget, least, control } = comparison;
  if (isWithLimit(comparison)) return control;
  if (budget === null) return "–";
  if (budget === 0) return "equal";
  const amount =
    typeof least === "number" && metric !== undefined
      ? ` and ${withoutZeros(unitText(least, metric.unit))}`
      : "";
  return `${shareText(budget)}${amount}`;
}
