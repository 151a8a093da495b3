import { array, object, picklist, safeParse, string } from "valibot";
import { resolutionOf } from "../../result/measured-value.ts";
import { metrics as knownMetrics } from "../../result/metric.ts";
import type { BenchResult } from "../../result/result.ts";
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
export function shownMetrics({ metrics, config }: BenchResult): readonly ShownMetric[] {
  return metrics.map(({ id, unit, better }) => ({
    id,
    label: `${labelOf(id)}${observedText(id, config["observed"])}`,
    meaning: knownMetrics.find((known) => known.id === id)?.meaning ?? "",
    unit,
    isLowerBetter: better === "lower",
    resolution: resolutionOf(id),
  }));
}

/** What was observed, as the setting of a run names it. */
const observers = array(object({ name: string(), kind: picklist(["processes", "postgres"]) }));
const ofObservers: ReadonlySet<string> = new Set(["observed_cpu_s_per_export", "observed_peak_bytes"]);
const ofDatabases: ReadonlySet<string> = new Set([
  "connection_held_s_per_export",
  "database_temporary_bytes",
]);

/** Whose work a metric of `--observe` is: `, db`, or `, db + cache` for the sum of both. */
function observedText(id: string, observed: unknown): string {
  if (!ofObservers.has(id) && !ofDatabases.has(id)) return "";
  const named = safeParse(observers, observed);
  const names = (named.success ? named.output : [])
    .filter(({ kind }) => ofObservers.has(id) || kind === "postgres")
    .map(({ name }) => name);
  return names.length === 0 ? "" : `, ${names.join(" + ")}`;
}
