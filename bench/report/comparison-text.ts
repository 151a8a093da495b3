import type { ComparedRow, ComparisonView } from "../result/comparison-view.ts";
import type { Comparison } from "../result/result.ts";
import { resolutionOf } from "../result/measured-value.ts";
import { metrics } from "../result/metric.ts";
import { emptyCell, textCell, type Cell, type Table } from "./model/table.ts";
import { withPlainTexts } from "./plain-text.ts";
import { measuredCell } from "./read/median-cell.ts";
import { labelOf } from "./read/metric-label.ts";
import { tableText } from "./terminal/table.ts";
import type { Colors, Look } from "./terminal/look.ts";
import { lookOf } from "./terminal/terminal.ts";
import { wrap } from "./terminal/wrap.ts";
import type { RenderOptions } from "./renderer.ts";

/**
 * What changed between two runs as text for a person: what has a budget and what surely changed; everything
 * else is counted only. Lines keep within the width as those of a report do.
 */
export function comparisonText(
  view: ComparisonView,
  { hasColor = false, columns }: Pick<RenderOptions, "hasColor" | "columns">,
): string {
  const look = lookOf(hasColor, columns);
  const { colors, width } = look;
  const { names, rows, reasons, warnings, verdict } = withPlainTexts(view);
  const shown = rows.filter(
    (row) => row.comparison.budget !== null || (row.isSure && !isRepeated(row, rows)),
  );
  const parts = [
    colors.bold(wrap(`${names.after} compared with ${names.before}`, width, "")),
    ...listText("Budgets", reasons, look),
    ...(shown.length === 0 ? [] : [tableText(tableOf(shown), look)]),
    ...restText(rows.length - shown.length, shown.length > 0).map((text) =>
      colors.dim(wrap(text, width, "")),
    ),
    ...listText("Notes", warnings, look),
    `Verdict: ${colorOf(verdict, colors)(verdict)}`,
  ];
  return `${parts.join("\n\n")}\n`;
}

function restText(count: number, isMore: boolean): readonly string[] {
  if (count === 0) return [];
  const comparisons = `${count} ${isMore ? "more " : ""}comparison${count === 1 ? "" : "s"}`;
  return count === 1
    ? [`${comparisons} shows no sure change, or repeats a change as a ratio; --format json has it.`]
    : [`${comparisons} show no sure change, or repeat a change as a ratio; --format json has all.`];
}

/** Most comparisons are of one scenario, which then needs no column. */
function tableOf(rows: readonly ComparedRow[]): Table {
  const hasOne = new Set(rows.map(({ comparison }) => comparison.scenario)).size === 1;
  return {
    caption: null,
    columns: [
      ...(hasOne ? [] : [{ title: "scenario", align: "left" } as const]),
      { title: "arm", align: "left" },
      { title: "metric", align: "left" },
      { title: "before" },
      { title: "after" },
      { title: "ratio" },
      { title: "verdict", align: "left" },
    ],
    rows: rows.map(({ comparison, arm, over, before, after }) => [
      ...(hasOne ? [] : [textCell(comparison.scenario)]),
      textCell(over === null ? arm : `${arm}/${over}`),
      textCell(labelOf(comparison.metric)),
      medianCell(before, comparison.metric, over),
      medianCell(after, comparison.metric, over),
      ratioCell(comparison),
      textCell(comparison.verdict === "informational" ? "" : comparison.verdict),
    ]),
  };
}

/** A value that was divided by its control is itself a ratio. */
function medianCell(value: number | null, metric: string, over: string | null): Cell {
  if (over === null) {
    const unit = metrics.find(({ id }) => id === metric)?.unit ?? metric;
    return measuredCell(value, { id: metric, unit, resolution: resolutionOf(metric) });
  }
  return value === null ? emptyCell : { kind: "ratio", ratio: value, interval: null };
}

function ratioCell({ ratio, ci: [low, high] }: Comparison): Cell {
  if (ratio === null) return emptyCell;
  return { kind: "ratio", ratio, interval: low === null || high === null ? null : [low, high] };
}

/** A ratio to the control says nothing new where the plain values are shown. */
function isRepeated({ over, comparison, arm }: ComparedRow, rows: readonly ComparedRow[]): boolean {
  if (over === null) return false;
  return rows.some(
    (other) =>
      other.over === null &&
      other.arm === arm &&
      other.comparison.metric === comparison.metric &&
      other.comparison.scenario === comparison.scenario,
  );
}

function listText(title: string, sentences: readonly string[], { colors, width }: Look): readonly string[] {
  if (sentences.length === 0) return [];
  return [[colors.bold(title), ...sentences.map((sentence) => wrap(`• ${sentence}`, width))].join("\n")];
}

function colorOf(verdict: string, colors: Colors): (text: string) => string {
  if (verdict === "pass") return colors.green;
  if (verdict === "regression" || verdict === "invalid") return colors.red;
  return verdict === "inconclusive" ? colors.yellow : colors.bold;
}
