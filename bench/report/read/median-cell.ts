import { possibleValue } from "../../result/measured-value.ts";
import { quantityCell, type QuantityCell } from "../model/table.ts";
import { medianInterval } from "./median-interval.ts";
import type { ScenarioView } from "./scenario-view.ts";
import type { ShownMetric } from "./shown-metric.ts";

/** Counts of short requests vary several-fold from round to round, so that none is shown without its interval. */
const varying: ReadonlySet<string> = new Set([
  "ping_kept_ratio",
  "ping_lost_per_export",
  "ping_per_s_idle",
  "ping_per_s_busy",
]);

/** Whether a metric is shown with an interval, or not at all. */
export function needsInterval({ id }: Pick<ShownMetric, "id">): boolean {
  return varying.has(id);
}

/** The median of a metric of an arm, with its interval where a median alone would mislead. */
export function medianCell(view: ScenarioView, arm: string, metric: ShownMetric): QuantityCell {
  const mostSlots = view.mostSlots(arm);
  if (!needsInterval(metric)) return measuredCell(view.median(arm, metric.id), metric, mostSlots);
  const found = medianInterval(view.values(arm, metric.id));
  if (found === null) return measuredCell(null, metric);
  const [low, high] = found.interval.map((value) => possibleValue(metric.id, value));
  return {
    ...measuredCell(found.median, metric),
    ...(low === undefined || high === undefined ? {} : { interval: [low, high] }),
  };
}

/**
 * A value of a metric, as far as it is possible and can be measured. Every table shows values by it.
 * @param mostSlots the slots that can be held at once, as far as that is known
 */
export function measuredCell(
  value: number | null,
  { id, unit, resolution }: Pick<ShownMetric, "id" | "unit" | "resolution">,
  mostSlots?: number,
): QuantityCell {
  const possible = value === null ? null : possibleValue(id, value, mostSlots);
  return { ...quantityCell(possible, unit), ...(resolution > 0 ? { resolution } : {}) };
}
