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
  /** Nothing smaller can be measured, in its unit; 0 where this version doesn't know. */
  readonly resolution: number;
}

/** The metrics that a result may hold, in its own order. */
export function shownMetrics({ metrics }: BenchResult): readonly ShownMetric[] {
  return metrics.map(({ id, unit, better }) => ({
    id,
    label: labelOf(id),
    meaning: knownMetrics.find((known) => known.id === id)?.meaning ?? "",
    unit,
    isLowerBetter: better === "lower",
    resolution: resolutions.get(id) ?? 0,
  }));
}

/**
 * What is too short to be measured. An answer of /stats takes about a millisecond, and its own cost, which varies as much,
 * is subtracted. The resolution of CPU time per MiB depends on the body, so that only nothing is below it.
 */
const resolutions: ReadonlyMap<string, number> = new Map([
  ["held_s_per_export", 1e-3],
  ["loop_s_per_export", 1e-3],
  ["cpu_s_per_export", 1e-3],
  ["gc_s_per_export", 1e-4],
  ["loop_delay_max_s", 1e-3],
  ["queue_wait_s", 1e-3],
  ["release_early_s", 1e-3],
  ["release_s", 1e-3],
  ["cpu_s_per_mib", 1e-6],
]);
