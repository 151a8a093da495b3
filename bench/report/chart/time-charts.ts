import { formatSeconds } from "../../../src/ground.ts";
import type { Series } from "../../result/result.ts";
import { median } from "../../statistics/median.ts";
import type { Chart, Mark } from "../model/chart.ts";
import { quantityCell, textCell, type Cell, type Table } from "../model/table.ts";
import { unitText, withoutZeros } from "../number-text.ts";
import type { ScenarioView } from "../read/scenario-view.ts";
import { linearAxis } from "./axis.ts";
import { thinPoints } from "./thin-points.ts";

interface TimeMetric {
  readonly metric: string;
  readonly title: string;
  readonly description: string;
  readonly unit: "bytes" | "count";
}

const timeMetrics: readonly TimeMetric[] = [
  {
    metric: "resident_bytes",
    title: "Memory over time",
    description: "Resident memory of the server's processes from the start of the arm; a line is a round.",
    unit: "bytes",
  },
  {
    metric: "busy_slots",
    title: "Occupancy over time",
    description: "Slots that exports held, from the start of the arm; a line is a round.",
    unit: "count",
  },
];

/**
 * What was sampled over time in a scenario; a chart for each quantity that was.
 * @param drawnAs the entry of the legend that an arm belongs to
 */
export function timeCharts(view: ScenarioView, drawnAs: (arm: string) => string): readonly Chart[] {
  return timeMetrics.flatMap((metric) => {
    const own = view.series.filter((item) => item.metric === metric.metric);
    return own.length === 0 ? [] : [timeChart(metric, own, drawnAs)];
  });
}

function timeChart(
  { title, description, unit }: TimeMetric,
  own: readonly Series[],
  drawnAs: (arm: string) => string,
): Chart {
  const points = own.flatMap((item) => item.points);
  const isBytes = unit === "bytes";
  const y = linearAxis(
    points.map(([, value]) => value),
    { isBytes, hasZero: !isBytes, text: (value) => withoutZeros(unitText(value, unit)) },
  );
  return {
    title,
    description: y.domain[0] > 0 ? `${description} The axis doesn't begin at zero.` : description,
    x: linearAxis(
      points.map(([seconds]) => seconds),
      { isBytes: false, hasZero: true, text: (value) => withoutZeros(formatSeconds(value)) },
    ),
    y: isBytes ? y : { ...y, ticks: y.ticks.filter(({ at }) => Number.isInteger(at)) },
    marks: own.map((item): Mark => ({
      kind: "line",
      of: drawnAs(item.arm),
      points: thinPoints(item.points),
      // A number of slots holds until the next sample; memory is somewhere between two samples.
      isStepped: !isBytes,
    })),
    numbers: numbersOf(title, unit, own),
  };
}

function numbersOf(title: string, unit: string, own: readonly Series[]): Table {
  return {
    caption: `${title}: numbers`,
    columns: [
      { title: "arm", align: "left" },
      { title: "round" },
      { title: "samples" },
      { title: "lowest" },
      { title: "median" },
      { title: "highest" },
      { title: "last at" },
    ],
    rows: own.map(({ arm, round, points }): readonly Cell[] => {
      const values = points.map(([, value]) => value);
      return [
        textCell(arm),
        quantityCell(round + 1, "count"),
        quantityCell(values.length, "count"),
        quantityCell(Math.min(...values), unit),
        quantityCell(median(values), unit),
        quantityCell(Math.max(...values), unit),
        quantityCell(points.at(-1)?.[0] ?? null, "s"),
      ];
    }),
  };
}
