import Table from "cli-table3";
import picocolors from "picocolors";
import type { ComparedRow, ComparisonView } from "../result/comparison-view.ts";
import { metrics } from "../result/metric.ts";
import { factorText, quantityText } from "./number-text.ts";
import { withPlainTexts } from "./plain-text.ts";

/**
 * What changed between two runs as text for a person: what has a budget and what surely changed; everything
 * else is counted only.
 */
export function comparisonText(view: ComparisonView, { hasColor }: { readonly hasColor: boolean }): string {
  const colors = picocolors.createColors(hasColor);
  const { names, rows, reasons, warnings, verdict } = withPlainTexts(view);
  const shown = rows.filter(
    (row) => row.comparison.budget !== null || (row.isSure && !isRepeated(row, rows)),
  );
  const rest = rows.length - shown.length;
  const restSentence =
    rest === 0
      ? ""
      : `${rest} ${shown.length === 0 ? "" : "more "}comparison${rest === 1 ? " shows" : "s show"} no sure change, or repeat${rest === 1 ? "s" : ""} one as a ratio; --format json has all.`;
  return [
    `${colors.bold(names.after)} compared with ${colors.bold(names.before)}`,
    shown.length === 0 ? "" : tableOf(shown),
    colors.dim(restSentence),
    titled("Budgets", reasons, colors.bold),
    titled("To mind", warnings, colors.bold),
    `Verdict: ${colorOf(verdict, colors)(verdict)}`,
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

function tableOf(rows: readonly ComparedRow[]): string {
  const table = new Table({
    head: ["scenario", "arm", "metric", "before", "after", "ratio", "verdict"],
    style: { head: [], border: [], compact: true },
    colAligns: ["left", "left", "left", "right", "right", "right", "left"],
  });
  for (const { comparison, arm, over, before, after } of rows) {
    const unit = over === null ? metrics.find(({ id }) => id === comparison.metric)?.unit : undefined;
    const value = (quantity: number | null): string =>
      unit === undefined ? (quantity === null ? "–" : factorText(quantity)) : quantityText(quantity, unit);
    const [low, high] = comparison.ci;
    const interval = low === null || high === null ? undefined : ([low, high] as const);
    table.push([
      comparison.scenario,
      over === null ? arm : `${arm} / ${over}`,
      comparison.metric,
      value(before),
      value(after),
      comparison.ratio === null ? "–" : factorText(comparison.ratio, interval),
      comparison.verdict === "informational" ? "" : comparison.verdict,
    ]);
  }
  return table.toString();
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

function titled(title: string, sentences: readonly string[], bold: (text: string) => string): string {
  return sentences.length === 0
    ? ""
    : [bold(title), ...sentences.map((sentence) => `- ${sentence}`)].join("\n");
}

function colorOf(
  verdict: string,
  colors: ReturnType<typeof picocolors.createColors>,
): (text: string) => string {
  if (verdict === "pass") return colors.green;
  if (verdict === "regression" || verdict === "invalid") return colors.red;
  return verdict === "inconclusive" ? colors.yellow : colors.bold;
}
