import { quantityCell, type QuantityCell } from "../model/table.ts";
import type { ScenarioView } from "./scenario-view.ts";
import type { ShownMetric } from "./shown-metric.ts";

/** A share that can't exceed all, although a sample of it may. */
const shares: ReadonlySet<string> = new Set(["ping_kept_ratio"]);

/** The median of a metric of an arm, as far as it can be measured. */
export function medianCell(view: ScenarioView, arm: string, metric: ShownMetric): QuantityCell {
  const value = view.median(arm, metric.id);
  return measuredCell(value !== null && shares.has(metric.id) ? Math.min(1, value) : value, metric);
}

/** A value of a metric, as far as it can be measured. */
export function measuredCell(value: number | null, { unit, resolution }: ShownMetric): QuantityCell {
  return { ...quantityCell(value, unit), ...(resolution > 0 ? { resolution } : {}) };
}
