import { gridY, line } from "@observablehq/plot";
import { formatSeconds } from "../../../src/internal.ts";
import type { BenchResult, Series } from "../../result/schema.ts";
import { median } from "../../statistics/median.ts";
import { withoutZeros } from "../number-text.ts";
import type { ReportRow } from "../table.ts";
import type { ArmLook } from "./arm-look.ts";
import { logAxis } from "./axis.ts";
import { drawSvg, type Chart } from "./chart.ts";

const title = "Time between chunks";
const description =
  "How long the client waited between two reads, by quantile; both axes are logarithmic, so that the tail can be read. A line is a round.";
/** Shorter gaps are below what the reader's clock tells apart; a logarithm needs something above zero. */
const leastSeconds = 1e-6;

/** How evenly bytes came, by quantile; none when that wasn't recorded. */
export function gapCharts(
  { series = [] }: BenchResult,
  scenario: string,
  looks: readonly ArmLook[],
): readonly Chart[] {
  const own = series.filter(
    (item) => item.scenario === scenario && item.metric === "chunk_gap_s" && item.points.length > 0,
  );
  if (own.length === 0) return [];
  const quantiles = [...new Set(own.flatMap(({ points }) => points.map(([q]) => q)))].toSorted(
    (a, b) => a - b,
  );
  const longest = Math.max(...quantiles.filter((q) => q < 1).map(nines), 1) + 0.5;
  const place = (q: number): number => (q < 1 ? nines(q) : longest);
  const y = logAxis(
    own.flatMap(({ points }) => points.map(([, seconds]) => Math.max(leastSeconds, seconds))),
  );
  const marked = [0.5, 0.9, 0.99, 0.999, 0.9999, 1].filter((q) => q === 1 || nines(q) < longest);
  const names = new Map(marked.map((q) => [place(q), quantileName(q)]));
  return [
    {
      title,
      description,
      svg: drawSvg(title, description, {
        height: 220,
        x: {
          domain: [0, longest],
          ticks: [...names.keys()],
          tickFormat: (value: number) => names.get(value) ?? "",
          label: null,
        },
        y: {
          ...y,
          type: "log",
          label: null,
          tickFormat: (value: number) => withoutZeros(formatSeconds(value)),
        },
        marks: [
          gridY(y.ticks, { strokeOpacity: 0.15 }),
          ...own.map((item) => {
            const look = looks.find(({ id }) => id === item.arm);
            return line(item.points, {
              x: ([q]: readonly [number, number]) => place(q),
              y: ([, seconds]: readonly [number, number]) => Math.max(leastSeconds, seconds),
              stroke: look?.color ?? "currentColor",
              strokeDasharray: look?.dash ?? "none",
              strokeOpacity: 0.8,
            });
          }),
        ],
      }),
      numbers: {
        caption: `${title}: numbers`,
        head: ["arm", ...quantiles.map(quantileName)],
        rows: [...new Set(own.map(({ arm }) => arm))].map((arm) => gapRow(own, arm, quantiles)),
        note: "Medians over rounds.",
      },
    },
  ];
}

/** Where a quantile stands: 90 % at one, 99 % at two, 99.9 % at three. */
function nines(quantile: number): number {
  return -Math.log10(1 - quantile);
}

function quantileName(quantile: number): string {
  if (quantile === 0) return "least";
  return quantile === 1 ? "most" : `${Number((quantile * 100).toPrecision(6))} %`;
}

function gapRow(own: readonly Series[], arm: string, quantiles: readonly number[]): ReportRow {
  return [arm, ...quantiles.map((quantile) => gapText(own, arm, quantile))];
}

function gapText(own: readonly Series[], arm: string, quantile: number): string {
  const seconds = median(
    own
      .filter((item) => item.arm === arm)
      .flatMap(({ points }) => points.filter(([q]) => q === quantile).map(([, gap]) => gap)),
  );
  return seconds === null ? "–" : formatSeconds(seconds);
}
