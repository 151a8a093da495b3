import { formatCount } from "../../../src/ground.ts";
import { growthCharts } from "../chart/growth-charts.ts";
import { emptyCell, quantityCell, textCell, type Cell, type Table } from "../model/table.ts";
import { significant } from "../number-text.ts";
import { curveOf, memoryCurves, type MemoryCurve } from "../read/memory-curve.ts";
import type { ScenarioView } from "../read/scenario-view.ts";
import { sectionOf, type ScenarioSection } from "./scenario-section.ts";

/** The scenario `scaling`: whether memory grows with the number of rows. */
export const scalingSection: ScenarioSection = (view) => {
  const curves = memoryCurves(view);
  const names = new Map(view.arms.map((arm) => [arm.id, curveOf(arm)]));
  return sectionOf(view, {
    heading: "Memory against rows",
    tables: curves.length === 0 ? [] : [growthTable(view, curves)],
    charts: growthCharts(view, curves),
    legend: curves.map(({ name }) => ({ id: name, isRepeat: false })),
    // Arms of this scenario differ by rows; what is drawn is a delivery.
    drawnAs: (arm) => names.get(arm) ?? arm,
  });
};

const orders = { flat: "O(1)", grows: "O(n)", unclear: "unclear" } as const;

/** Rows down, deliveries across: the peak of the server's memory over its idle memory. */
function growthTable(view: ScenarioView, curves: readonly MemoryCurve[]): Table {
  const { bytesPerRow } = view;
  const count = Math.max(0, ...view.arms.map(({ id }) => view.values(id, "peak_rss_over_idle_bytes").length));
  const rounds = count === 1 ? "in one round" : `medians of ${formatCount(count)} rounds`;
  const sizes = [...new Set(curves.flatMap(({ points }) => points.map(({ x }) => x)))];
  const length = bytesPerRow === null ? [] : [`Average row: ${significant(bytesPerRow, 3)} bytes.`];
  return {
    caption: null,
    columns: [{ title: "rows", align: "left" }, ...curves.map(({ name }) => ({ title: name }))],
    rows: [
      ...sizes.toSorted((a, b) => a - b).map((rows) => sizeRow(rows, curves)),
      [textCell("growth per row"), ...curves.map(slopeCell)],
      [
        textCell("memory is"),
        ...curves.map(({ growth }) => textCell(growth === null ? "–" : orders[growth.order])),
      ],
    ],
    note: [
      `Peak memory over idle, ${rounds}. O(1) and O(n) follow from the slope, which has no interval.`,
      ...length,
    ].join(" "),
  };
}

function sizeRow(rows: number, curves: readonly MemoryCurve[]): readonly Cell[] {
  const peaks = curves.map(({ points }) => points.find(({ x }) => x === rows)?.y ?? null);
  return [quantityCell(rows, "count"), ...peaks.map((bytes) => quantityCell(bytes, "bytes"))];
}

function slopeCell({ growth }: MemoryCurve): Cell {
  // Two digits, since the memory of a process is known no better.
  return growth === null ? emptyCell : textCell(`${significant(growth.slope, 2).replace("-", "−")} B`);
}
