import { needsInterval } from "./median-cell.ts";
import type { ScenarioView } from "./scenario-view.ts";
import type { ShownMetric } from "./shown-metric.ts";
import { fewestSureRounds } from "./sure-difference.ts";

/** The metrics that a report shows: those that need an interval only where there are rounds enough for one. */
export function summarizedMetrics(view: ScenarioView): readonly ShownMetric[] {
  return view.metrics.filter(
    (metric) =>
      !needsInterval(metric) ||
      view.arms.some(({ id }) => view.values(id, metric.id).length >= fewestSureRounds),
  );
}
