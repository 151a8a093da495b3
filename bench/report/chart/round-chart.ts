import { dot, gridX, ruleX, tickX } from "@observablehq/plot";
import type { ShownMetric } from "../read/metric-label.ts";
import { withoutZeros } from "../number-text.ts";
import type { ScenarioView } from "../read/scenario-view.ts";
import type { ArmLook } from "../html/arm-look.ts";
import { linearAxis } from "./axis.ts";
import { drawSvg, type Chart } from "../html/draw-chart.ts";

/** What is worth a drawing even where nothing is gated by it. */
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
const rowPx = 24;
const pxPerLetter = 6.2;
const mostLetters = 20;

/** For each metric worth a drawing, every value of every valid round and their medians, an arm a line. */
export function roundCharts(view: ScenarioView, looks: readonly ArmLook[]): readonly Chart[] {
  // What has to be equal is a matter of one byte, which no drawing shows.
  const gated = new Set(
    view.comparisons.flatMap(({ budget, metric }) => ((budget ?? 0) > 0 ? [metric] : [])),
  );
  return view.metrics
    .filter(({ id }) => drawn.has(id) || gated.has(id))
    .map((metric) => roundChart(view, metric, looks));
}

function roundChart(view: ScenarioView, metric: ShownMetric, looks: readonly ArmLook[]): Chart {
  const measured = looks.filter(({ id }) => view.values(id, metric.id).length > 0);
  const values = measured.flatMap(({ id }) => view.values(id, metric.id));
  const axis = linearAxis(values, { isBytes: metric.id.includes("bytes"), hasZero: true });
  const longest = Math.max(0, ...measured.map(({ id }) => shortened(id).length));
  const description = `${metric.meaning} A mark is a round, the bar their median; ${metric.isLowerBetter ? "less" : "more"} is better.`;
  return {
    title: metric.label,
    description: description.trimStart(),
    svg: drawSvg(`${metric.label}, every round`, description.trimStart(), {
      height: 44 + rowPx * measured.length,
      marginLeft: 14 + longest * pxPerLetter,
      marginTop: 8,
      x: { ...axis, label: null, tickFormat: (value: number) => withoutZeros(metric.text(value)) },
      y: {
        domain: measured.map(({ id }) => id),
        label: null,
        tickFormat: shortened,
        tickSize: 0,
        padding: 0.3,
      },
      marks: [
        gridX(axis.ticks, { strokeOpacity: 0.15 }),
        ruleX([0], { strokeOpacity: 0.5 }),
        ...measured.flatMap(({ id, color, symbol }) => [
          dot(view.values(id, metric.id), {
            x: (value: number) => value,
            y: () => id,
            stroke: color,
            symbol,
            r: 3,
            strokeOpacity: 0.8,
          }),
          tickX([view.median(id, metric.id)], {
            x: (value: number) => value,
            y: () => id,
            stroke: color,
            strokeWidth: 3,
          }),
        ]),
      ],
    }),
    numbers: null,
  };
}

function shortened(id: string): string {
  return id.length > mostLetters ? `${id.slice(0, mostLetters - 1)}…` : id;
}
