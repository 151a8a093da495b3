import type { BenchResult } from "../../result/result.ts";
import type { Section } from "../model/report.ts";
import { quantityCell, textCell, type Cell, type Table } from "../model/table.ts";
import { shareText } from "../number-text.ts";
import { labelOf } from "../read/metric-label.ts";
import { isWithLimit, scenarioView } from "../read/scenario-view.ts";
import { shownMetrics } from "../read/shown-metric.ts";
import { budgetText, gatedComparisons } from "./comparison-sentence.ts";
import { ratioCell } from "./ratio-cell.ts";

/** What was compared with a budget, so that a reader sees how near it came; no section in a run that only informs. */
export function budgetSections(result: BenchResult): readonly Section[] {
  if (gatedComparisons(result).length === 0) return [];
  return [
    { kind: "finding", name: "budgets", heading: "Compared with budgets", tables: [budgetTable(result)] },
  ];
}

function budgetTable(result: BenchResult): Table {
  const metrics = shownMetrics(result);
  const gated = gatedComparisons(result);
  const hasScenarios = new Set(gated.map(({ scenario }) => scenario)).size > 1;
  return {
    caption: null,
    // What decides comes first, since the rest may be out of sight on a phone.
    columns: [
      { title: "metric", align: "left" },
      { title: "verdict", align: "left" },
      { title: "ratio" },
      { title: "budget" },
      { title: "arms", align: "left" },
      { title: "detectable" },
      { title: "rounds" },
      { title: "level" },
      ...(hasScenarios ? [{ title: "scenario", align: "left" } as const] : []),
    ],
    rows: gated.map((item) => {
      const metric = metrics.find(({ id }) => id === item.metric);
      const cells: readonly Cell[] = [
        textCell(labelOf(item.metric)),
        verdictCell(item.verdict),
        ratioCell(scenarioView(result, item.scenario), item),
        textCell(budgetText(item, metric)),
        textCell(isWithLimit(item) ? item.treatment : `${item.treatment}/${item.control}`),
        textCell(item.mde === null ? "–" : shareText(item.mde)),
        quantityCell(item.n, "count"),
        textCell(item.level === null ? "–" : shareText(item.level)),
      ];
      return cells.concat(hasScenarios ? textCell(item.scenario) : []);
    }),
    note: "Detectable is the smallest change that this run would have found with a probability of 80 %.",
  };
}

function verdictCell(verdict: string): Cell {
  if (verdict === "pass") return textCell(verdict, "better");
  return verdict === "regression" ? textCell(verdict, "worse") : textCell(verdict);
}
