import type { ScenarioView } from "./scenario-view.ts";
import type { ShownMetric } from "./shown-metric.ts";

/** Counts of short requests vary several-fold from sample to sample, so that fewer rounds of them aren't summarized. */
const varying: ReadonlySet<string> = new Set([
  "ping_kept_ratio",
  "ping_lost_per_export",
  "ping_per_s_idle",
  "ping_per_s_busy",
]);
const fewestRounds = 4;

/** The metrics of which a summary may be shown; every single value is among the values of the rounds. */
export function summarizedMetrics(view: ScenarioView): readonly ShownMetric[] {
  return view.metrics.filter(
    ({ id }) => !varying.has(id) || view.arms.some((arm) => view.values(arm.id, id).length >= fewestRounds),
  );
}
