import type { Arm, BenchResult } from "../../result/result.ts";
import type { MetricId } from "../../result/metric.ts";
import type { Bar, Figure, Glance } from "../model/figure.ts";
import { armLegend } from "../read/arm-legend.ts";
import { medianCell } from "../read/median-cell.ts";
import { summarizedMetrics } from "../read/summarized-metrics.ts";
import { budgetedMetrics, scenarioViews, type ScenarioView } from "../read/scenario-view.ts";
import type { ShownMetric } from "../read/shown-metric.ts";
import { fewestSureRounds, sureDifference } from "../read/sure-difference.ts";
import { ratioText } from "../shown-cell.ts";
import { intervalOf } from "./ratio-cell.ts";

const mostFigures = 3;
/** More than so many arms, as two runs together have, aren't compared at sight. */
const mostBars = 5;

/**
 * What a reader asks first, by scenario: the first one that was measured is shown. Of the metrics of one line, the one that
 * most arms have stands for all; further lines are for servers of which memory or CPU time isn't known.
 */
const questions: Readonly<Record<string, readonly (readonly MetricId[])[]>> = {
  export: [
    ["first_byte_s"],
    ["peak_rss_over_idle_bytes"],
    ["loop_s_per_export", "cpu_s_per_export", "cpu_s_per_mib"],
    ["total_s"],
    ["throughput_bytes_per_s"],
  ],
  "slow-readers": [["bytes_per_concurrent_export"], ["ping_p99_s"], ["loop_busy_ratio"]],
  capacity: [["readers_carried"], ["ping_p99_s"], ["peak_rss_over_idle_bytes"]],
  mixed: [["ping_kept_ratio"], ["ping_per_s_busy"]],
  leave: [["release_early_s"], ["release_s"]],
};

/** What the numbers mean to a reader who doesn't know how they are measured. */
const plainMeanings: Readonly<Partial<Record<string, string>>> = {
  first_byte_s: "How long a client waits until the first byte of the rows arrives.",
  total_s: "How long a client waits until it has everything.",
  peak_rss_over_idle_bytes: "The memory that one export adds to the server at its peak.",
  loop_s_per_export: "What one export costs its worker: the time in which it can do nothing else.",
  cpu_s_per_export: "The CPU time that one export costs the server.",
  cpu_s_per_mib: "The CPU time that a MiB of an export costs the server.",
  bytes_per_concurrent_export: "The memory that each client adds while it reads slowly.",
  ping_p99_s: "How late the slowest short requests are answered meanwhile (99th percentile).",
};

/** The numbers that a report begins with; null where there are none, or where they can't be trusted. */
export function glanceOf(result: BenchResult): Glance | null {
  if (result.verdict === "invalid" || result.exitCode === 1) return null;
  const views = scenarioViews(result);
  const view = Object.keys(questions).flatMap((name) => views.find((one) => one.name === name) ?? [])[0];
  if (view === undefined) return null;
  const figures = (questions[view.name] ?? [])
    .flatMap((ids) => answerOf(view, ids) ?? [])
    .slice(0, mostFigures);
  return figures.length === 0 ? null : { figures, legend: armLegend(view) };
}

function answerOf(view: ScenarioView, ids: readonly MetricId[]): Figure | null {
  const budgeted = budgetedMetrics(view);
  const candidates = ids.flatMap((id) => {
    const metric = summarizedMetrics(view).find((shown) => shown.id === id);
    if (metric === undefined) return [];
    const bars = barsOf(view, metric);
    return bars.length === 0 ? [] : [{ metric, bars, rank: 2 * bars.length + (budgeted.has(id) ? 1 : 0) }];
  });
  const [best] = candidates.toSorted((one, other) => other.rank - one.rank);
  return best === undefined ? null : figureOf(view, best.metric, best.bars);
}

/**
 * The arms to draw. One that repeats the control shows how far equal things differ, and would be in the way here. Of many
 * arms, those of the first delivery that is compared.
 */
function shownArms({ arms }: ScenarioView): readonly Arm[] {
  const all = arms.filter(({ role }) => role !== "aa");
  if (all.length <= mostBars) return all;
  const delivery = all.find(({ role }) => role === "treatment")?.delivery;
  const alike = all.filter((arm) => arm.delivery === delivery);
  return alike.length < 2 ? all : alike;
}

function barsOf(view: ScenarioView, metric: ShownMetric): readonly Bar[] {
  const cells = shownArms(view).flatMap(({ id }) => {
    const cell = medianCell(view, id, metric);
    return cell.value === null ? [] : [{ of: id, cell, value: Math.max(0, cell.value) }];
  });
  const longest = Math.max(...cells.map(({ value }) => value));
  return cells.map(({ of, cell, value }) => ({ of, cell, share: longest > 0 ? value / longest : 0 }));
}

function figureOf(view: ScenarioView, metric: ShownMetric, bars: readonly Bar[]): Figure | null {
  const isTreatment = (id: string): boolean =>
    view.arms.some((arm) => arm.id === id && arm.role === "treatment");
  const lead = bars.find(({ of }) => isTreatment(of)) ?? bars[0];
  if (lead === undefined) return null;
  const { label, id } = metric;
  const meaning = plainMeanings[id] ?? metric.meaning;
  return { title: label, meaning, lead, bars, comparison: comparisonText(view, lead.of, id) };
}

function comparisonText(view: ScenarioView, arm: string, metric: string): string {
  const texts = [differenceText(view, arm, metric), limitText(view, arm, metric)];
  return texts.filter((text) => text !== "").join("; ");
}

/** Whether the value is allowed by its budget, where it has one by itself. */
function limitText({ limits }: ScenarioView, arm: string, metric: string): string {
  const limit = limits.find((item) => item.treatment === arm && item.metric === metric);
  if (limit === undefined) return "";
  const { verdict, control } = limit;
  if (verdict === "pass") return `within its budget of ${control}`;
  return verdict === "regression" ? `beyond its budget of ${control}` : `not surely within ${control}`;
}

/** A difference that two equal arms show as well is said to be none. */
function differenceText(view: ScenarioView, arm: string, metric: string): string {
  const comparison = view.comparison(arm, metric);
  if (comparison === undefined || comparison.ratio === null) return "";
  const { ratio, control, n } = comparison;
  const text = ratioText({ ratio, interval: intervalOf(comparison) });
  if (n < fewestSureRounds) return `${text} of ${control}, in too few rounds to be sure`;
  if (sureDifference(view, arm, metric) !== null) return `${text} of ${control}`;
  return `no sure difference from ${control}: ${text}`;
}
