import type { MetricId } from "../../result/metric.ts";
import { roundCharts } from "../chart/round-chart.ts";
import { textCell, type Cell, type Table } from "../model/table.ts";
import { armLegend } from "../read/arm-legend.ts";
import { medianCell } from "../read/median-cell.ts";
import type { ScenarioView } from "../read/scenario-view.ts";
import type { ShownMetric } from "../read/shown-metric.ts";
import { roundsText } from "./rounds-text.ts";
import { sectionOf, type ScenarioSection } from "./scenario-section.ts";

const shown: readonly MetricId[] = [
  "utilisation_ratio",
  "all_busy_ratio",
  "waiting_clients",
  "held_s_per_export",
  "queue_wait_s",
];

/** The scenario `sync-workers`: workers that take one connection at a time, with more and more clients. */
export const syncWorkersSection: ScenarioSection = (view) =>
  sectionOf(view, {
    heading: "Sync workers, asked again and again without a pause",
    tables: view.metrics.length === 0 ? [] : [clientsTable(view)],
    charts: roundCharts(view),
    legend: armLegend(view),
  });

/** Deliveries and numbers of clients down, since there are too many to stand side by side. */
function clientsTable(view: ScenarioView): Table {
  const metrics = shown.flatMap((id) => view.metrics.find((metric) => metric.id === id) ?? []);
  const deliveries = [...new Set(view.arms.map(({ delivery }) => delivery))];
  const sorted = deliveries.flatMap((delivery) => view.arms.filter((arm) => arm.delivery === delivery));
  return {
    caption: null,
    columns: [{ title: "clients", align: "left" }, ...metrics.map(({ label }) => ({ title: label }))],
    rows: sorted.map(({ id }) =>
      [textCell(id.replaceAll("-", " "))].concat(metrics.map((metric) => besideExpected(view, id, metric))),
    ),
    note: `${roundsText(view, view.arms, metrics)} In brackets: what analysis expects.`,
  };
}

function besideExpected(view: ScenarioView, arm: string, metric: ShownMetric): Cell {
  const cell = medianCell(view, arm, metric);
  const expected = view.expected(arm, metric.id);
  return expected === null ? cell : { ...cell, expected };
}
