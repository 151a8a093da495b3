import { deliveries, isDelivery, type Delivery } from "../../../src/ground.ts";
import { metrics, type Metric, type MetricId } from "../../result/metric.ts";
import type { NoiseFloor } from "./noise-floor.ts";

/** How much worse a metric of a delivery may become before a build fails. */
export interface Budget {
  readonly delivery: Delivery;
  readonly metric: MetricId;
  /** Share of the control: 0.05 allows 5 % more, or 5 % less for what should be high. */
  readonly share: number;
  /** A change also has to exceed this, in the metric's unit; null where the share alone decides. */
  readonly least: number | null;
}

const mib = 1024 ** 2;
/** Memory grows in steps of the allocator, so a small share of little memory means nothing. */
const leastMemoryBytes = 8 * mib;
const defaultShares = { cpu_s_per_mib: 0.05, peak_rss_over_idle_bytes: 0.1 } as const;

/** Metrics that have to be equal in every round, so that they need no budget and no statistics. */
export const equalMetrics: readonly MetricId[] = ["rows", "body_bytes"];

/** Metrics that depend on the reader's speed: they are wrong when the reader was the slower side. */
const ofTheReader: readonly MetricId[] = [
  "first_byte_s",
  "total_s",
  "chunk_gap_p99_s",
  "longest_stall_s",
  "throughput_bytes_per_s",
  "rows_per_s",
  "held_s_per_export",
];
/** Metrics that every round of a run that gates measures, so that a budget can be for them. */
const ofARound: readonly MetricId[] = [
  ...ofTheReader,
  "loop_s_per_export",
  "gc_s_per_export",
  "loop_delay_max_s",
  "heap_used_bytes",
  "cpu_s_per_export",
  "cpu_s_per_mib",
  "queue_wait_s",
  "idle_rss_bytes",
  "peak_rss_over_idle_bytes",
];

/** Whether a slow reader makes it wrong; CPU time and memory of the server stay right. */
export function dependsOnReader({ metric }: Pick<Budget, "metric">): boolean {
  return ofTheReader.includes(metric);
}

const ofProcessors: ReadonlySet<MetricId> = new Set(["cpu_s_per_export", "cpu_s_per_mib"]);
const ofMemory: ReadonlySet<MetricId> = new Set(["idle_rss_bytes", "peak_rss_over_idle_bytes"]);

/** Whether it is CPU time, which is best compared between servers that work at the same time, on one core. */
export function isOfProcessors({ metric }: Pick<Budget, "metric">): boolean {
  return ofProcessors.has(metric);
}

/** Whether it is memory, which one export shows as well as many. */
export function isOfMemory({ metric }: Pick<Budget, "metric">): boolean {
  return ofMemory.has(metric);
}

/**
 * Refuses a budget for a metric that the rounds of a run that gates do not measure.
 * @throws RangeError that lists those they measure
 */
export function requireInRounds(budget: Budget): void {
  if (ofARound.includes(budget.metric)) return;
  throw new RangeError(
    `The budget for ${nameOf(budget)} can't be judged: rounds that gate measure one export at a time, which gives ${ofARound.join(", ")}.`,
  );
}

/** The budgets of a run that names none: metrics with little noise. */
export function defaultBudgets(gated: readonly Delivery[]): readonly Budget[] {
  return gated.flatMap((delivery) => [
    budgetOf(delivery, "cpu_s_per_mib", defaultShares.cpu_s_per_mib),
    budgetOf(delivery, "peak_rss_over_idle_bytes", defaultShares.peak_rss_over_idle_bytes),
  ]);
}

/**
 * Reads `DELIVERY.METRIC=PERCENT`, such as `streaming.cpu_s_per_mib=5%`; the sign may be left out.
 * @throws RangeError whose message quotes the text and says what is possible
 */
export function parseBudget(text: string): Budget {
  const [, delivery = "", metric = "", percent = ""] = /^([^.=]*)\.([^=]*)=(.*)$/.exec(text.trim()) ?? [];
  if (metric === "") {
    throw new RangeError(
      `"${text}" is not a budget: write DELIVERY.METRIC=PERCENT, such as streaming.cpu_s_per_mib=5%.`,
    );
  }
  if (!isDelivery(delivery)) {
    throw new RangeError(
      `"${delivery}" in "${text}" is not a delivery; there are: ${deliveries.join(", ")}.`,
    );
  }
  if (equalMetrics.some((id) => id === metric)) {
    throw new RangeError(`"${text}" needs no budget: ${metric} has to be equal in every round.`);
  }
  const known = metrics.find(({ id }) => id === metric);
  if (known === undefined) {
    const possible = metrics.map(({ id }) => id).filter((id) => !equalMetrics.includes(id));
    throw new RangeError(`"${metric}" in "${text}" is not a metric; there are: ${possible.join(", ")}.`);
  }
  const [, digits] = /^(\d+(?:\.\d+)?|\.\d+)\s*%?$/.exec(percent.trim()) ?? [];
  const share = Number(digits) / 100;
  if (!(share > 0 && share <= mostShare)) {
    throw new RangeError(
      `"${percent}" in "${text}" is not a budget: write a percentage above 0 and up to ${mostShare * 100}, such as 5%.`,
    );
  }
  return budgetOf(delivery, known.id, share);
}

/** Ten times the cost; a larger budget would never be broken. */
const mostShare = 10;

/**
 * Refuses a budget that two equal versions would break by noise alone. A budget that also has a least change is not
 * broken by a share alone.
 * @param floor the noise of this kind of machine; null when it is not known
 * @throws RangeError that names the floor
 */
export function requireAboveFloor(budget: Budget, floor: NoiseFloor | null): void {
  if (floor === null || budget.least !== null || budget.share >= floor.share) return;
  throw new RangeError(
    `The budget ${nameOf(budget)}=${flagText(budget.share)} is below the noise of this machine: in ${floor.runs} calibration runs two equal versions differed by up to ${flagText(floor.share)} (95th percentile). Allow at least that much.`,
  );
}

/** A percentage as the command line takes it, without a space. */
function flagText(share: number): string {
  return `${Number((share * 100).toPrecision(2))}%`;
}

/** The name of a budget on the command line: `streaming.cpu_s_per_mib`. */
export function nameOf({ delivery, metric }: Pick<Budget, "delivery" | "metric">): string {
  return `${delivery}.${metric}`;
}

/** The metric of a budget. */
export function metricOf({ metric }: Pick<Budget, "metric">): Metric {
  const found = metrics.find(({ id }) => id === metric);
  if (found === undefined) throw new Error(`the table of metrics has lost ${metric}`);
  return found;
}

function budgetOf(delivery: Delivery, metric: MetricId, share: number): Budget {
  return { delivery, metric, share, least: metric === "peak_rss_over_idle_bytes" ? leastMemoryBytes : null };
}
