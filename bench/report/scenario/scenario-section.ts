import type { MetricId } from "../../result/metric.ts";
import { gapCharts } from "../chart/gap-charts.ts";
import { roundCharts } from "../chart/round-chart.ts";
import { timeCharts } from "../chart/time-charts.ts";
import type { Chart } from "../model/chart.ts";
import type { LegendEntry } from "../model/legend.ts";
import type { Section } from "../model/report.ts";
import type { Table } from "../model/table.ts";
import { armLegend } from "../read/arm-legend.ts";
import { summarizedMetrics } from "../read/summarized-metrics.ts";
import { budgetedMetrics, type ScenarioView } from "../read/scenario-view.ts";
import { medianTables } from "./median-tables.ts";
import { roundTable } from "./round-table.ts";

/** What a scenario says in a report; one file of this folder each. */
export type ScenarioSection = (view: ScenarioView) => Section;

/** What is particular to the section of a scenario. */
interface Parts {
  readonly heading: string;
  readonly tables: readonly Table[];
  /** The tables show every metric of every arm already. @default false */
  readonly isComplete?: boolean;
  /** Charts beside what was sampled over time. */
  readonly charts: readonly Chart[];
  readonly legend: readonly LegendEntry[];
  /** The entry of the legend that an arm is drawn as. @default its own name */
  readonly drawnAs?: (arm: string) => string;
}

/** A scenario whose arms are compared metric by metric: what a person asks for, in that order, and what has a budget. */
export function medianSection(heading: string, shown: readonly MetricId[]): ScenarioSection {
  return (view) => {
    // An arm that repeats the control shows how far equal things differ, and would be in the way here.
    const arms = view.arms.filter(({ role }) => role !== "aa");
    const ids = new Set<string>([...shown, ...budgetedMetrics(view)]);
    const known = summarizedMetrics(view);
    const metrics = [...ids].flatMap((id) => known.find((metric) => metric.id === id) ?? []);
    return sectionOf(view, {
      heading,
      tables: medianTables(view, { caption: null, arms, metrics, isComplete: false }),
      charts: roundCharts(view),
      legend: armLegend(view),
    });
  };
}

/** The section of a scenario that this version doesn't know: every metric of every arm. */
export const unknownSection: ScenarioSection = (view) => {
  const { name, arms, metrics } = view;
  return sectionOf(view, {
    heading: name,
    tables: medianTables(view, { caption: null, arms, metrics, isComplete: true }),
    isComplete: true,
    charts: roundCharts(view),
    legend: armLegend(view),
  });
};

/** Adds to the parts of a section what every scenario has: all its numbers, and what was sampled over time. */
export function sectionOf(view: ScenarioView, parts: Parts): Section {
  const { heading, tables, isComplete = false, charts, legend, drawnAs = (arm: string) => arm } = parts;
  const { name, arms } = view;
  const metrics = summarizedMetrics(view);
  const all = { caption: "Every metric of every arm", arms, metrics, isComplete: true };
  const sampled = [...timeCharts(view, drawnAs), ...gapCharts(view, drawnAs)];
  return {
    kind: "scenario",
    name,
    heading,
    tables,
    details: [...(isComplete ? [] : medianTables(view, all)), roundTable(view)],
    charts: [...charts, ...sampled],
    legend,
    notes: voidRounds(view),
  };
}

/** Why rounds don't count, a sentence each. */
function voidRounds({ rounds }: ScenarioView): readonly string[] {
  return rounds.flatMap(({ index, valid, reason }) =>
    valid ? [] : [`Round ${index + 1} doesn't count${reason === undefined ? "." : `: ${reason}`}`],
  );
}
