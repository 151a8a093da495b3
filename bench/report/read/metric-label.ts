import { metrics as knownMetrics, type MetricUnit } from "../../result/metric.ts";
import type { BenchResult } from "../../result/schema.ts";
import { quantityText, significant } from "../number-text.ts";

/** A metric of a result file, as a report shows it. */
export interface ShownMetric {
  readonly id: string;
  /** Its name for a person: `first_byte_s` is "first byte". */
  readonly label: string;
  /** What it tells, in a sentence; empty where this version doesn't know it. */
  readonly meaning: string;
  readonly isLowerBetter: boolean;
  /** A quantity with its unit; a dash for what wasn't measured. */
  text(value: number | null): string;
}

const capitals: Readonly<Record<string, string>> = { cpu: "CPU", rss: "memory", mib: "MiB" };
const isUnit = new Set<string>([
  "s",
  "bytes",
  "bytes/s",
  "rows",
  "rows/s",
  "requests",
  "requests/s",
  "s/MiB",
  "slots",
  "clients",
  "ratio",
] satisfies readonly MetricUnit[]);

/** The metrics a result may hold, in its own order, which is that of a report. */
export function shownMetrics({ metrics }: BenchResult): readonly ShownMetric[] {
  return metrics.map(({ id, unit, better }) => ({
    id,
    label: labelOf(id),
    meaning: knownMetrics.find((known) => known.id === id)?.meaning ?? "",
    isLowerBetter: better === "lower",
    text: (value) => quantityIn(value, unit),
  }));
}

/** A metric's name for a person; the unit is left out, since every number carries it. */
export function labelOf(id: string): string {
  return id
    .replace(/_bytes_per_s$|(?<!_per)_s$|_bytes$/, "")
    .replace("_s_per_", "_per_")
    .split("_")
    .map((word) => capitals[word] ?? word)
    .join(" ");
}

/** A result of another version may have units this one doesn't know. */
function quantityIn(value: number | null, unit: string): string {
  if (value === null) return "–";
  return isKnownUnit(unit) ? quantityText(value, unit) : `${significant(value, 3)} ${unit}`;
}

function isKnownUnit(unit: string): unit is MetricUnit {
  return isUnit.has(unit);
}
