import { formatSeconds } from "../../../src/ground.ts";
import type { Series } from "../../result/result.ts";
import { median } from "../../statistics/median.ts";
import type { Chart, ChartPoint, Mark, Tick } from "../model/chart.ts";
import { textCell, type Cell, type Table } from "../model/table.ts";
import { withoutZeros } from "../number-text.ts";
import { measuredCell } from "../read/median-cell.ts";
import type { ScenarioView } from "../read/scenario-view.ts";
import { logAxis } from "./axis.ts";

const title = "Time between chunks";
const description =
  "How long the client waited between two reads, by quantile; a line is a round. Both axes are logarithmic, to show the longest waits.";
/** The reader's clock can't tell shorter gaps apart, and a logarithm needs a value above zero. */
const leastSeconds = 1e-6;
const gapMetric = { id: "chunk_gap_s", unit: "s", resolution: leastSeconds };

/**
 * How evenly bytes came, by quantile; none when that wasn't recorded.
 * @param drawnAs the entry of the legend that an arm belongs to
 */
export function gapCharts(view: ScenarioView, drawnAs: (arm: string) => string): readonly Chart[] {
  const own = view.series.filter(({ metric }) => metric === "chunk_gap_s");
  if (own.length === 0) return [];
  const quantiles = [...new Set(own.flatMap(({ points }) => points.map(([q]) => q)))].toSorted(
    (a, b) => a - b,
  );
  const longest = Math.max(...quantiles.filter((q) => q < 1).map(nines), 1) + 0.5;
  const place = (q: number): number => (q < 1 ? nines(q) : longest);
  const lines = own.map((item): Mark => ({
    kind: "line",
    of: drawnAs(item.arm),
    points: item.points.map(([q, seconds]): ChartPoint => [place(q), Math.max(leastSeconds, seconds)]),
  }));
  const marked = [0.5, 0.9, 0.99, 0.999, 0.9999, 1].filter((q) => q === 1 || nines(q) < longest);
  return [
    {
      title,
      description,
      x: {
        domain: [0, longest],
        ticks: marked.map((q): Tick => ({ at: place(q), text: quantileName(q) })),
      },
      y: logAxis(
        own.flatMap(({ points }) => points.map(([, seconds]) => Math.max(leastSeconds, seconds))),
        (value) => withoutZeros(formatSeconds(value)),
      ),
      marks: lines,
      numbers: numbersOf(own, quantiles),
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

function numbersOf(own: readonly Series[], quantiles: readonly number[]): Table {
  const gapOf = (arm: string, quantile: number): number | null =>
    median(
      own
        .filter((item) => item.arm === arm)
        .flatMap(({ points }) => points.filter(([q]) => q === quantile).map(([, gap]) => gap)),
    );
  const arms = [...new Set(own.map(({ arm }) => arm))];
  return {
    caption: `${title}: numbers`,
    columns: [{ title: "quantile", align: "left" }, ...arms.map((arm) => ({ title: arm }))],
    rows: quantiles.map((quantile) =>
      [textCell(quantileName(quantile))].concat(
        arms.map((arm): Cell => measuredCell(gapOf(arm, quantile), gapMetric)),
      ),
    ),
    note: "Medians over rounds.",
  };
}
