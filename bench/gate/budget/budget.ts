import { didYouMean } from "../../../src/ground.ts";
import { metrics, type Metric, type MetricId } from "../../result/metric.ts";
import { parseLimit, type BudgetLimit } from "./absolute-budget.ts";
import type { NoiseFloor } from "./noise-floor.ts";

/** What a budget is for. */
interface BudgetPlace {
  /** A delivery, or a target. */
  readonly delivery: string;
  readonly metric: MetricId;
}

/** How much worse a metric may become, against something else, before a build fails. */
export interface RelativeBudget extends BudgetPlace {
  /** Share of the control: 0.05 allows 5 % more, or 5 % less for what should be high. */
  readonly share: number;
  /** A change also has to exceed this, in the metric's unit; null where the share alone decides. */
  readonly least: number | null;
}

/** A value that a metric has to keep by itself, with nothing beside it. */
export interface AbsoluteBudget extends BudgetPlace {
  readonly limit: BudgetLimit;
}

/** What fails a build when it is broken. */
export type Budget = RelativeBudget | AbsoluteBudget;

/** Whether a budget is broken by a value, and not by a change. */
function isAbsolute(budget: Budget): budget is AbsoluteBudget {
  return "limit" in budget;
}

/** The budgets that are about a change. */
export function relativeOf(budgets: readonly Budget[]): readonly RelativeBudget[] {
  return budgets.filter((budget): budget is RelativeBudget => !isAbsolute(budget));
}

/** The budgets that are about a value. */
export function absoluteOf(budgets: readonly Budget[]): readonly AbsoluteBudget[] {
  return budgets.filter(isAbsolute);
}

const mib = 1024 ** 2;
/** Memory grows in steps of the allocator, so a small share of little memory means nothing. */
const leastMemoryBytes = 8 * mib;
const defaultShares = { cpu_s_per_mib: 0.05, peak_rss_over_idle_bytes: 0.1 } as const;

/** Metrics that have to be equal in every round, so that a change of them needs no budget and no statistics. */
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
export function dependsOnReader({ metric }: BudgetMetric): boolean {
  return ofTheReader.includes(metric);
}

/** The metric of a budget. */
type BudgetMetric = Pick<BudgetPlace, "metric">;

/** Where a metric comes from: the client's clock, the processes of the server, or the server's own report. */
export type MetricOrigin = "client" | "processes" | "inside";

/** What has to be known of a server so that the metric of a budget can be measured. */
export function originOf({ metric }: BudgetMetric): MetricOrigin {
  if (ofProcessors.has(metric) || ofMemory.has(metric)) return "processes";
  if (isOfContent({ metric })) return "client";
  return ofTheReader.includes(metric) && metric !== "held_s_per_export" ? "client" : "inside";
}

const ofProcessors: ReadonlySet<MetricId> = new Set(["cpu_s_per_export", "cpu_s_per_mib"]);
const ofMemory: ReadonlySet<MetricId> = new Set(["idle_rss_bytes", "peak_rss_over_idle_bytes"]);

/** Whether it is CPU time, which is best compared between servers that work at the same time, on one core. */
export function isOfProcessors({ metric }: BudgetMetric): boolean {
  return ofProcessors.has(metric);
}

/** Whether it is memory, which one export shows as well as many. */
export function isOfMemory({ metric }: BudgetMetric): boolean {
  return ofMemory.has(metric);
}

/** Whether it is how much an export contains, which every export of a run has in common. */
export function isOfContent({ metric }: BudgetMetric): boolean {
  return equalMetrics.includes(metric);
}

/**
 * Refuses a budget for a metric that the rounds of a run that gates do not measure.
 * @throws RangeError that lists those they measure
 */
export function requireInRounds(budget: Budget): void {
  if (ofARound.includes(budget.metric) || isOfContent(budget)) return;
  throw new RangeError(
    `The budget for ${nameOf(budget)} can't be judged: rounds that gate measure one export at a time, which gives ${ofARound.join(", ")}.`,
  );
}

/**
 * Refuses two budgets for the same: which of them holds would depend on their order.
 * @throws RangeError that names it
 */
export function requireOneEach(budgets: readonly Budget[]): void {
  const names = budgets.map(nameOf);
  const twin = names.find((name, index) => names.indexOf(name) < index);
  if (twin !== undefined) throw new RangeError(`There are two budgets for ${twin}: leave one out.`);
}

/** The budgets of a run that names none: metrics with little noise. */
export function defaultBudgets(gated: readonly string[]): readonly RelativeBudget[] {
  return gated.flatMap((delivery) => [
    budgetOf(delivery, "cpu_s_per_mib", defaultShares.cpu_s_per_mib),
    budgetOf(delivery, "peak_rss_over_idle_bytes", defaultShares.peak_rss_over_idle_bytes),
  ]);
}

/**
 * Reads `SUBJECT.METRIC=PERCENT`, such as `streaming.cpu_s_per_mib=5%`, whose sign may be left out, or
 * `SUBJECT.METRIC<=VALUE` or `>=VALUE`, such as `api.first_byte_s<=500ms`. A subject is a delivery or a target.
 * @throws RangeError whose message quotes the text and says what is possible
 */
export function parseBudget(text: string): Budget {
  const [, delivery = "", metric = "", sign = "", value = ""] =
    /^([^.=<>]+)\.([^=<>\s]+)\s*(<=|>=|=)(.*)$/s.exec(text.trim()) ?? [];
  if (metric === "") {
    throw new RangeError(
      `"${text}" is not a budget: write SUBJECT.METRIC=PERCENT, such as streaming.cpu_s_per_mib=5%, or SUBJECT.METRIC<=VALUE, such as api.first_byte_s<=500ms.`,
    );
  }
  const isLimit = sign === "<=" || sign === ">=";
  if (!isLimit && equalMetrics.some((id) => id === metric)) {
    throw new RangeError(
      `"${text}" needs no budget: ${metric} has to be equal in every round. A number that it has to keep is written ${delivery}.${metric}>=VALUE.`,
    );
  }
  const known = metrics.find(({ id }) => id === metric);
  if (known === undefined) {
    const possible = metrics.map(({ id }) => id).filter((id) => isLimit || !equalMetrics.includes(id));
    throw new RangeError(
      `"${metric}" in "${text}" is not a metric; there are: ${possible.join(", ")}.${didYouMean(metric, possible)}`,
    );
  }
  if (isLimit) {
    return { delivery, metric: known.id, limit: parseLimit(known, { sign, value, text }) };
  }
  const [, digits] = /^(\d+(?:\.\d+)?|\.\d+)\s*%?$/.exec(value.trim()) ?? [];
  const share = Number(digits) / 100;
  if (!(share > 0 && share <= mostShare)) {
    throw new RangeError(
      `"${value}" in "${text}" is not a budget: write a percentage above 0 and up to ${mostShare * 100}, such as 5%.`,
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
export function requireAboveFloor(budget: RelativeBudget, floor: NoiseFloor | null): void {
  if (floor === null || budget.least !== null || budget.share >= floor.share) return;
  throw new RangeError(
    `The budget ${nameOf(budget)}=${flagText(budget.share)} is below the noise of this machine: in ${floor.runs} calibration runs two equal versions differed by up to ${flagText(floor.share)} (95th percentile). Allow at least that much.`,
  );
}

/** A percentage as the command line takes it, without a space. */
function flagText(share: number): string {
  return `${Number((share * 100).toPrecision(2))}%`;
}

/** The name of a budget on the command line: `streaming.cpu_s_per_mib`, or `api.first_byte_s<=500ms`. */
export function nameOf(budget: BudgetPlace & { readonly limit?: BudgetLimit }): string {
  return `${budget.delivery}.${budget.metric}${budget.limit?.text ?? ""}`;
}

/** The metric of a budget. */
export function metricOf({ metric }: BudgetMetric): Metric {
  const found = metrics.find(({ id }) => id === metric);
  if (found === undefined) throw new Error(`the table of metrics has lost ${metric}`);
  return found;
}

function budgetOf(delivery: string, metric: MetricId, share: number): RelativeBudget {
  return { delivery, metric, share, least: metric === "peak_rss_over_idle_bytes" ? leastMemoryBytes : null };
}
