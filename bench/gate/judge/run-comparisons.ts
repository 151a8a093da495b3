import type { BenchResult, Comparison } from "../../result/result.ts";
import { compareArms } from "./compare-arms.ts";
import { comparisonsOf, type GateReport } from "./judge-run.ts";

/**
 * All comparisons of a run: those that were judged, then everything else the rounds have, for information. In a run with
 * two batches the latter are from both.
 */
export function comparisonsIn(
  scenarios: readonly string[],
  { arms, rounds }: Pick<BenchResult, "arms" | "rounds">,
  gate: GateReport | null,
): readonly Comparison[] {
  const judged = gate === null ? [] : comparisonsOf(gate);
  const known = new Set(judged.map(placeOf));
  const others = scenarios.flatMap((name) => compareArms(name, arms, rounds));
  return [...judged, ...others.filter((comparison) => !known.has(placeOf(comparison)))];
}

function placeOf({ scenario, metric, treatment }: Comparison): string {
  return [scenario, metric, treatment].join(" ");
}
