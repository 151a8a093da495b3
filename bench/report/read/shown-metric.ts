import { metrics as knownMetrics } from "../../result/metric.ts";
import type { BenchResult } from "../../result/schema.ts";
import { labelOf } from "./metric-label.ts";

/** A metric of a result file, as a report shows it. */
export interface ShownMetric {
  readonly id: string;
  readonly label: string;
  /** What it measures, in a sentence; empty where this version doesn't know it. */
  readonly meaning: string;
  readonly unit: string;
  readonly isLowerBetter: boolean;
}

/** The metrics that a result may hold, in its own order. */
export function shownMetrics({ metrics }: BenchResult): readonly ShownMetric[] {
  return metrics.map(({ id, unit, better }) => ({
    id,
    label: labelOf(id),
    meaning: knownMetrics.find((known) => known.id === id)?.meaning ?? "",
    unit,
    isLowerBetter: better === "lower",
  }));
}
