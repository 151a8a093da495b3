import { possibleValue } from "../../result/measured-value.ts";
import { median } from "../../statistics/median.ts";
import type { Chart, Mark } from "../model/chart.ts";
import { unitText, withoutZeros } from "../number-text.ts";
import { summarizedMetrics } from "../read/summarized-metrics.ts";
import { budgetedMetrics, type ScenarioView } from "../read/scenario-view.ts";
import type { ShownMetric } from "../read/shown-metric.ts";
import { linearAxis } from "./axis.ts";

/** What is worth a drawing even without a budget. */
const drawn: ReadonlySet<string> = new Set([
  "first_byte_s",
  "total_s",
  "peak_rss_over_idle_bytes",
  "cpu_s_per_mib",
  "ping_lost_per_export",
  "bytes_per_concurrent_export",
  "ping_p99_s",
  "release_s",
]);
/** Quartiles of fewer values are hardly more than the values themselves. */
const fewestForBox = 4;
/** The part of a row's height that its dots take, the first round at the top. */
const spread = 0.5;

/** For each metric worth a drawing, every value of every valid round, an arm a row. */
export function roundCharts(view: ScenarioView): readonly Chart[] {
  const budgeted = budgetedMetrics(view);
  return summarizedMetrics(view)
    .filter(({ id }) => drawn.has(id) || budgeted.has(id))
    .map((metric) => roundChart(view, metric));
}

/** Every value of a metric in every valid round, an arm a row. */
function roundChart(view: ScenarioView, metric: ShownMetric): Chart {
  const names = view.arms.flatMap(({ id }) => (view.values(id, metric.id).length > 0 ? [id] : []));
  const values = names.map((id) =>
    view.values(id, metric.id).map((value) => possibleValue(metric.id, value, view.mostSlots(id))),
  );
  const isBoxed = values.some(({ length }) => length >= fewestForBox);
  const bar = isBoxed ? "the bar the median and the box the middle half of them" : "the bar their median";
  const better = metric.isLowerBetter ? "less" : "more";
  return {
    title: metric.label,
    description: `${metric.meaning} A mark is a round, ${bar}; ${better} is better.`.trimStart(),
    x: linearAxis(values.flat(), {
      isBytes: metric.unit === "bytes",
      hasZero: true,
      text: (value) => withoutZeros(unitText(value, metric.unit)),
    }),
    y: { names },
    marks: names.flatMap((of, y): readonly Mark[] => {
      const own = values[y] ?? [];
      return [
        { kind: "box", of, y, quartiles: quartilesOf(own) },
        { kind: "dots", of, points: own.map((value, index) => [value, y + place(index, own.length)]) },
      ];
    }),
    numbers: null,
  };
}

/** The median, and Tukey's hinges: the medians of both halves, which share the middle value of an odd number. */
function quartilesOf(values: readonly number[]): readonly [low: number, median: number, high: number] {
  const middle = median(values) ?? 0;
  if (values.length < fewestForBox) return [middle, middle, middle];
  const sorted = values.toSorted((a, b) => a - b);
  const low = median(sorted.slice(0, Math.ceil(sorted.length / 2))) ?? middle;
  const high = median(sorted.slice(Math.floor(sorted.length / 2))) ?? middle;
  return [low, middle, high];
}

/** Dots of one row stand below each other, so that equal values don't hide one another. */
function place(index: number, count: number): number {
  return count < 2 ? 0 : spread * (index / (count - 1) - 0.5);
}
