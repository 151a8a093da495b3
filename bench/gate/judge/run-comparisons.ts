import type { BenchResult, Comparison } from "../../result/schema.ts";
import { compareArms } from "./compare-arms.ts";
import { comparisonsOf, type GateReport } from "./judge-run.ts";

/**
 * What was judged as it was judged, and for information what else the rounds have. Of a run with two batches the latter
 * is from both.
 */
export function comparisonsIn(
  scenarios: readonly string[],
  { arms, rounds }: Pick<BenchResult, "arms" | "rounds">,
  gate: GateReport | undefined,
): readonly Comparison[] {
  const judged = gate === undefined ? [] : comparisonsOf(gate);
  const known = new Set(judged.map(placeOf));
  const others = scenarios.flatMap((name) => compareArms(name, arms, rounds));
  return [...judged, ...others.filter((comparison) => !known.has(placeOf(comparison)))];
}

function placeOf({ scenario, metric, treatment }: Comparison): string {
  return [scenario, metric, treatment].join(" ");
}
