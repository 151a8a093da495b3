import { gridY, line } from "@observablehq/plot";
import { formatBytes, formatCount, formatSeconds } from "../../../src/internal.ts";
import type { BenchResult, Series } from "../../result/schema.ts";
import { median } from "../../statistics/median.ts";
import { withoutZeros } from "../number-text.ts";
import type { ArmLook } from "./arm-look.ts";
import { linearAxis } from "./axis.ts";
import { drawSvg, type Chart } from "./chart.ts";

interface TimeMetric {
  readonly metric: string;
  readonly title: string;
  readonly description: string;
  readonly isBytes: boolean;
  /** A number of slots holds until the next sample; memory is somewhere between. */
  readonly curve: "linear" | "step-after";
  text(value: number): string;
}

const timeMetrics: readonly TimeMetric[] = [
  {
    metric: "resident_bytes",
    title: "Memory over time",
    description:
      "Resident memory of the server's processes, since the arm began; a line is a round. The axis doesn't begin at zero.",
    isBytes: true,
    curve: "linear",
    text: formatBytes,
  },
  {
    metric: "busy_slots",
    title: "Occupancy over time",
    description: "Slots that exports held, since the arm began; a line is a round.",
    isBytes: false,
    curve: "step-after",
    text: (value) => formatCount(value),
  },
];

/** More points than this can't be told apart in the width of a chart. */
const mostPoints = 200;

/** What was sampled over time in a scenario; a chart for each quantity that was. */
export function timeCharts(
  { series = [] }: BenchResult,
  scenario: string,
  looks: readonly ArmLook[],
): readonly Chart[] {
  return timeMetrics.flatMap((metric) => {
    const own = series.filter(
      (item) => item.scenario === scenario && item.metric === metric.metric && item.points.length > 0,
    );
    return own.length === 0 ? [] : [timeChart(metric, own, looks)];
  });
}

function timeChart(metric: TimeMetric, own: readonly Series[], looks: readonly ArmLook[]): Chart {
  const points = own.flatMap((item) => item.points);
  const seconds = linearAxis(
    points.map(([x]) => x),
    { isBytes: false, hasZero: true },
  );
  const y = linearAxis(
    points.map(([, value]) => value),
    { isBytes: metric.isBytes, hasZero: !metric.isBytes },
  );
  const ticks = metric.isBytes ? y.ticks : y.ticks.filter(Number.isInteger);
  return {
    title: metric.title,
    description: metric.description,
    svg: drawSvg(metric.title, metric.description, {
      height: 220,
      x: { ...seconds, label: null, tickFormat: (value: number) => withoutZeros(formatSeconds(value)) },
      y: {
        domain: y.domain,
        ticks,
        label: null,
        tickFormat: (value: number) => withoutZeros(metric.text(value)),
      },
      marks: [
        gridY(ticks, { strokeOpacity: 0.15 }),
        ...own.map((item) => {
          const look = looks.find(({ id }) => id === item.arm);
          return line(thinned(item.points), {
            stroke: look?.color ?? "currentColor",
            strokeDasharray: look?.dash ?? "none",
            strokeOpacity: 0.8,
            curve: metric.curve,
          });
        }),
      ],
    }),
    numbers: {
      caption: `${metric.title}: numbers`,
      head: ["arm", "round", "samples", "lowest", "median", "highest", "last at"],
      rows: own.map((item) => {
        const values = item.points.map(([, value]) => value);
        return [
          item.arm,
          formatCount(item.round + 1),
          formatCount(values.length),
          metric.text(Math.min(...values)),
          metric.text(median(values) ?? 0),
          metric.text(Math.max(...values)),
          formatSeconds(item.points.at(-1)?.[0] ?? 0),
        ];
      }),
    },
  };
}

/** Fewer points with the same outline: the first and the last, and between them the lowest and highest of each stretch. */
export function thinned(points: Series["points"], most = mostPoints): Series["points"] {
  if (points.length <= most) return points;
  const inner = points.slice(1, -1);
  const perStretch = Math.ceil(inner.length / Math.floor((most - 2) / 2));
  const stretches = Array.from({ length: Math.ceil(inner.length / perStretch) }, (_, index) =>
    inner.slice(index * perStretch, (index + 1) * perStretch),
  );
  const extremes = stretches.flatMap((stretch) => {
    const lowest = stretch.reduce((best, point) => (point[1] < best[1] ? point : best));
    const highest = stretch.reduce((best, point) => (point[1] > best[1] ? point : best));
    return stretch.filter((point) => point === lowest || point === highest);
  });
  return [...points.slice(0, 1), ...extremes, ...points.slice(-1)];
}
