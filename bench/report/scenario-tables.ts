import { formatCount } from "../../src/internal.ts";
import type { Arm, BenchResult, Comparison, Round } from "../result/schema.ts";
import { intervalText } from "./interval-level.ts";
import { significant } from "./number-text.ts";
import { labelOf, shownMetrics, type ShownMetric } from "./metric-label.ts";
import type { ScenarioView } from "./scenario-view.ts";
import { bytesPerRowOf, memoryCurves, type MemoryCurve } from "./summary.ts";
import type { ReportCell, ReportRow, ReportTable } from "./table.ts";
import { ratioText } from "./verdict.ts";

/** More arms than this stand below each other instead of side by side. */
const mostArmsAcross = 5;

/** Medians of every metric for every arm, and what each arm is in relation to the control. */
export function medianTable(view: ScenarioView): ReportTable {
  // Not every round takes every metric: some are for short requests alone.
  const count = Math.max(
    0,
    ...view.arms.flatMap(({ id }) => view.metrics.map((metric) => view.values(id, metric.id).length)),
  );
  const caption = `Medians of ${formatCount(count)} ${count === 1 ? "round" : "rounds"}`;
  if (view.arms.length > mostArmsAcross) {
    return {
      caption,
      head: ["arm", ...view.metrics.map(({ label }) => label)],
      rows: view.arms.map(({ id }) => [
        id,
        ...view.metrics.map((metric) => metric.text(view.median(id, metric.id))),
      ]),
    };
  }
  const compared = view.arms.filter(({ id }) => view.comparisons.some(({ treatment }) => treatment === id));
  return {
    caption,
    head: ["metric", ...view.arms.map(({ id }) => id), ...compared.map((arm) => comparedTitle(arm, view))],
    rows: view.metrics.map((metric) => [
      metric.label,
      ...view.arms.map(({ id }) => metric.text(view.median(id, metric.id))),
      ...compared.map(({ id }) =>
        ratioCell(
          view.comparisons.find((item) => item.treatment === id && item.metric === metric.id),
          metric,
        ),
      ),
    ]),
    ...intervalNote(view),
  };
}

/** How arms compare, below each other; null where {@link medianTable} has room for that beside the medians. */
export function comparisonTable(view: ScenarioView): ReportTable | null {
  const { arms, comparisons, metrics } = view;
  const shown = comparisons.filter(({ ratio }) => ratio !== null);
  if (arms.length <= mostArmsAcross || shown.length === 0) return null;
  return {
    caption: "Comparisons",
    head: ["arm", "held against", "metric", "ratio", "rounds"],
    textColumns: [0, 1, 2],
    rows: shown.map((item) => [
      item.treatment,
      item.control,
      labelOf(item.metric),
      ratioCell(
        item,
        metrics.find(({ id }) => id === item.metric),
      ),
      formatCount(item.n),
    ]),
    ...intervalNote(view),
  };
}

/** Whether a comparison rests on more than one round: others tell no change from chance, and are folded away. */
export function hasRepeatedRounds({ comparisons }: ScenarioView): boolean {
  return comparisons.some(({ n }) => n > 1);
}

function comparedTitle({ id }: Arm, { comparisons }: ScenarioView): string {
  return `${id} / ${comparisons.find(({ treatment }) => treatment === id)?.control ?? "control"}`;
}

function intervalNote({ comparisons }: ScenarioView): { note?: string } {
  const text = intervalText(comparisons);
  return text === null ? {} : { note: `Ratios are Hodges–Lehmann estimates over rounds, with ${text}.` };
}

/** The ratio with its interval, marked where the interval lies wholly on one side of one. */
export function ratioCell(comparison: Comparison | undefined, metric: ShownMetric | undefined): ReportCell {
  if (comparison === undefined) return { text: "–" };
  const text = ratioText(comparison);
  const [low, high] = comparison.ci;
  if (low === null || high === null || comparison.n < 2 || metric === undefined) return { text };
  if (low <= 1 && high >= 1) return { text, tone: "unsure" };
  return { text, tone: metric.isLowerBetter === high < 1 ? "better" : "worse" };
}

/** Rows down, deliveries across: the peak of the server's memory over its idle memory; null when it wasn't measured. */
export function growthTable(result: BenchResult): ReportTable | null {
  const curves = memoryCurves(result);
  if (curves.length === 0) return null;
  const peak = shownMetrics(result).find(({ id }) => id === "peak_rss_over_idle_bytes");
  const sizes = new Set(curves.flatMap(({ points }) => points.map(({ x }) => x)));
  const bytesPerRow = bytesPerRowOf(result);
  return {
    caption: "Peak memory over idle",
    head: ["rows", ...curves.map(({ delivery }) => delivery)],
    rows: [
      ...[...sizes].toSorted((a, b) => a - b).map((rows) => sizeRow(rows, curves, peak)),
      [
        "more for each row",
        ...curves.map(({ growth }) => (growth === null ? "–" : `${significant(growth.slope, 2)} B`)),
      ],
    ],
    ...(bytesPerRow === null ? {} : { note: `A row has ${significant(bytesPerRow, 3)} bytes.` }),
  };
}

function sizeRow(rows: number, curves: readonly MemoryCurve[], peak: ShownMetric | undefined): ReportRow {
  const peaks = curves.map(({ points }) => points.find(({ x }) => x === rows)?.y ?? null);
  return [formatCount(rows), ...peaks.map((bytes) => peak?.text(bytes) ?? "–")];
}

/** Every value of every round. */
export function roundTable(view: ScenarioView): ReportTable {
  return {
    caption: "Values of every round",
    head: ["round", "arm", ...view.metrics.map(({ label }) => label), "remark"],
    textColumns: [0, 1, view.metrics.length + 2],
    rows: view.rounds.flatMap((round) =>
      (round.order.length > 0 ? round.order : Object.keys(round.arms))
        .filter((id) => round.arms[id] !== undefined)
        .map((id) => roundRow(view, round, id)),
    ),
    note: "Arms stand in the order in which they were measured.",
  };
}

function roundRow({ metrics }: ScenarioView, { index, arms, valid, reason }: Round, id: string): ReportRow {
  const values = metrics.map((metric) => metric.text(arms[id]?.[metric.id] ?? null));
  const remark = reason === undefined ? "not valid" : `not valid: ${reason}`;
  return [formatCount(index + 1), id, ...values, valid ? "" : remark];
}
