import { formatBytes } from "../../../src/ground.ts";
import { percent } from "../../result/percent.ts";
import type { Comparison } from "../../result/result.ts";
import type { RelativeBudget } from "../budget/budget.ts";
import type { Decision } from "./decide.ts";

/**
 * The reason for a verdict in one sentence: what changed, by how much, within which bounds, against what.
 * @param subject what is compared, such as `streaming cpu_s_per_mib`
 */
export function reasonFor(
  subject: string,
  comparison: Comparison,
  { share, least }: Pick<RelativeBudget, "share" | "least">,
  verdict: Decision,
): string {
  const change = changeText(comparison);
  const budget = `${percent(share)}${least === null ? "" : ` and ${formatBytes(least)}`}`;
  if (verdict === "regression") return `${subject} ${change}: wholly over its budget of ${budget}.`;
  if (verdict === "pass") return `${subject} ${change}: within its budget of ${budget}.`;
  const seen =
    comparison.mde === null ? "" : ` These rounds could have seen a change of ${percent(comparison.mde)}.`;
  return `${subject} ${change}: whether it keeps its budget of ${budget} can't be decided.${seen}`;
}

/** `changed by +4.1 % (+1.2 % to +7.3 %)`, or that there is no ratio. */
function changeText({ ratio, ci: [low, high], n }: Comparison): string {
  if (ratio === null) return `has no ratio in ${n} rounds, because a value is not above zero`;
  const bounds = low === null || high === null ? "" : ` (${signed(low)} to ${signed(high)})`;
  return `changed by ${signed(ratio)}${bounds}`;
}

/** A ratio as the change it is: 1.041 is `+4.1 %`, 3 is `+200 %`. */
function signed(ratio: number): string {
  // What logarithms of equal values leave is rounding, not a change.
  const change = Math.abs(ratio - 1) < 1e-9 ? 0 : ratio - 1;
  return `${change < 0 ? "−" : "+"}${percent(Math.abs(change))}`;
}
