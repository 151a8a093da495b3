import type { Arm } from "../../result/result.ts";
import { quantityCell, textCell, type Cell, type Column, type Table } from "../model/table.ts";
import { intervalText } from "../read/interval-text.ts";
import { medianCell } from "../read/median-cell.ts";
import type { ScenarioView } from "../read/scenario-view.ts";
import type { ShownMetric } from "../read/shown-metric.ts";
import { ratioCell } from "../section/ratio-cell.ts";
import { roundsText } from "./rounds-text.ts";

/** More arms than this stand below each other instead of side by side. */
const mostArmsAcross = 5;
/** More metrics than this of many arms are listed one by one, since no page is wide enough. */
const mostMetricsAcross = 8;

/** What a table of medians shows of a scenario. */
interface Selection {
  readonly caption: string | null;
  readonly arms: readonly Arm[];
  readonly metrics: readonly ShownMetric[];
  /** Whether it is everything, for looking things up: comparisons of a single round too, which may be due to chance. */
  readonly isComplete: boolean;
}

/**
 * Medians of metrics for arms, with the ratios to the control beside them or, for many arms, in a table of their own.
 * No table when there is nothing to show.
 */
export function medianTables(view: ScenarioView, selection: Selection): readonly Table[] {
  if (selection.arms.length === 0 || selection.metrics.length === 0) return [];
  if (selection.arms.length <= mostArmsAcross) return [acrossTable(view, selection)];
  const compared = comparisonTable(view, selection);
  const isWide = selection.isComplete && selection.metrics.length > mostMetricsAcross;
  return [
    isWide ? listTable(view, selection) : downTable(view, selection),
    ...(compared === null ? [] : [compared]),
  ];
}

/** Metrics down, arms across, and then the ratio of each arm to its control. */
function acrossTable(view: ScenarioView, { caption, arms, metrics }: Selection): Table {
  // A ratio of two single values may be due to chance.
  const hasRatios = view.comparisons.some(({ n }) => n > 1);
  const compared = arms.flatMap(({ id }) => {
    const control = view.comparisons.find(({ treatment }) => treatment === id)?.control;
    return control === undefined || !hasRatios ? [] : [{ id, control }];
  });
  const titles: Column[] = compared.map(({ id, control }, index) => ({
    title: `${id}/${control}`,
    beginsGroup: index === 0,
  }));
  return {
    caption,
    columns: [{ title: "metric", align: "left" }, ...armColumns(view, arms), ...titles],
    rows: metrics.flatMap((metric): (readonly Cell[])[] => {
      const medians = arms.map(({ id }) => medianCell(view, id, metric));
      const ratios = compared.map(({ id }) => ratioCell(view, view.comparison(id, metric.id)));
      return [
        [textCell(metric.label), ...medians, ...ratios],
        ...expectedRow(view, arms, metric, ratios.length),
      ];
    }),
    note: [roundsText(view, arms, metrics), ...ratiosText(view)].join(" "),
  };
}

/** What analysis expects, below what was measured; no row where it expects nothing. */
function expectedRow(
  view: ScenarioView,
  arms: readonly Arm[],
  metric: ShownMetric,
  ratioCount: number,
): readonly (readonly Cell[])[] {
  const expected = arms.map(({ id }) => view.expected(id, metric.id));
  if (expected.every((value) => value === null)) return [];
  const cells = expected.map((value): Cell =>
    value === null ? textCell("") : quantityCell(value, metric.unit, "faint"),
  );
  const rest = Array.from({ length: ratioCount }, () => textCell(""));
  return [[textCell("… by analysis", "faint"), ...cells, ...rest]];
}

/** Arms down, metrics across. */
function downTable(view: ScenarioView, { caption, arms, metrics }: Selection): Table {
  return {
    caption,
    columns: [{ title: "arm", align: "left" }, ...metrics.map(({ label }) => ({ title: label }))],
    rows: arms.map(({ id }) => [textCell(id), ...metrics.map((metric) => medianCell(view, id, metric))]),
    note: roundsText(view, arms, metrics),
  };
}

/** A value a row. */
function listTable(view: ScenarioView, { caption, arms, metrics }: Selection): Table {
  return {
    caption,
    columns: [{ title: "metric", align: "left" }, { title: "arm", align: "left" }, { title: "value" }],
    rows: metrics.flatMap((metric) =>
      arms.flatMap(({ id }): (readonly Cell[])[] => {
        const cell = medianCell(view, id, metric);
        return cell.value === null ? [] : [[textCell(metric.label), textCell(id), cell]];
      }),
    ),
    note: roundsText(view, arms, metrics),
  };
}

/** Comparisons below each other; null without any. */
function comparisonTable(view: ScenarioView, { arms, metrics, isComplete }: Selection): Table | null {
  const shown = view.comparisons.filter(
    ({ ratio, treatment, metric }) =>
      ratio !== null && arms.some(({ id }) => id === treatment) && metrics.some(({ id }) => id === metric),
  );
  if (shown.length === 0 || !(isComplete || shown.some(({ n }) => n > 1))) return null;
  return {
    caption: "Comparisons",
    columns: [
      { title: "arm", align: "left" },
      { title: "compared with", align: "left" },
      { title: "metric", align: "left" },
      { title: "ratio" },
      { title: "rounds" },
    ],
    rows: shown.map((item) => {
      const metric = metrics.find(({ id }) => id === item.metric);
      return [
        textCell(item.treatment),
        textCell(item.control),
        textCell(metric?.label ?? item.metric),
        ratioCell(view, item),
        quantityCell(item.n, "count"),
      ];
    }),
    ...noteOf(ratiosText(view)),
  };
}

function noteOf(sentences: readonly string[]): { readonly note?: string } {
  return sentences.length === 0 ? {} : { note: sentences.join(" ") };
}

/** A column for each arm, with the footnotes on it. */
function armColumns(view: ScenarioView, arms: readonly Arm[]): readonly Column[] {
  return arms.map(({ id }, index) => {
    const footnotes = view.footnotes(id);
    return { title: id, beginsGroup: index === 0, ...(footnotes.length === 0 ? {} : { footnotes }) };
  });
}

function ratiosText({ comparisons }: ScenarioView): readonly string[] {
  const text = intervalText(comparisons);
  return text === null ? [] : [`Ratios are Hodges–Lehmann estimates over rounds, with ${text}.`];
}
