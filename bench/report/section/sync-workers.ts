import { metrics, type MetricId } from "../../result/metric.ts";
import type { BenchResult } from "../../result/schema.ts";
import { quantityText } from "../number-text.ts";
import { measuredArms, medianOf } from "../read/memory-curve.ts";

const scenario = "sync-workers";

const shown: readonly (readonly [MetricId, string])[] = [
  ["utilisation_ratio", "workers used"],
  ["all_busy_ratio", "none free"],
  ["waiting_clients", "clients waiting"],
  ["held_s_per_export", "held per export"],
  ["queue_wait_s", "queue wait"],
];

/** What sync workers did, deliveries and clients down, in brackets what analysis expects; null when not measured. */
export function syncWorkersTable(
  result: BenchResult,
): { readonly head: readonly string[]; readonly rows: readonly string[][] } | null {
  const arms = measuredArms(result, scenario);
  if (arms.length === 0) return null;
  const deliveries = [...new Set(arms.map(({ delivery }) => delivery))];
  const sorted = deliveries.flatMap((delivery) => arms.filter((arm) => arm.delivery === delivery));
  return {
    head: ["", ...shown.map(([, label]) => label)],
    rows: sorted.map(({ id }) => [id.replaceAll("-", " ")].concat(cellTexts(result, id))),
  };
}

function cellTexts(result: BenchResult, arm: string): string[] {
  return shown.map(([metric]) => cellText(result, arm, metric));
}

function cellText(result: BenchResult, arm: string, metric: MetricId): string {
  const unit = metrics.find(({ id }) => id === metric)?.unit ?? "ratio";
  const expected = result.checks.find(({ id }) => id === `${scenario}.${arm}.${metric}`)?.expected;
  const text = quantityText(medianOf(result, scenario, arm, metric), unit);
  return typeof expected === "number" ? `${text} (${quantityText(expected, unit)})` : text;
}
