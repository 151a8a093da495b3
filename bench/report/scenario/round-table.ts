import { quantityCell, textCell, type Cell, type Table } from "../model/table.ts";
import type { Round } from "../../result/schema.ts";
import type { ScenarioView } from "../read/scenario-view.ts";

/** Every value of every round, also of rounds that aren't valid. */
export function roundTable(view: ScenarioView): Table {
  return {
    caption: "Values of every round",
    columns: [
      { title: "round", align: "left" },
      { title: "arm", align: "left" },
      ...view.metrics.map(({ label }) => ({ title: label })),
      { title: "remark", align: "left" },
    ],
    rows: view.rounds.flatMap((round) =>
      (round.order.length > 0 ? round.order : Object.keys(round.arms))
        .filter((id) => round.arms[id] !== undefined)
        .map((id) => roundRow(view, round, id)),
    ),
    note: "Arms are listed in the order in which they were measured.",
  };
}

function roundRow(
  { metrics }: ScenarioView,
  { index, arms, valid, reason }: Round,
  id: string,
): readonly Cell[] {
  const values = metrics.map((metric) => quantityCell(arms[id]?.[metric.id] ?? null, metric.unit));
  const remark = reason === undefined ? "invalid" : `invalid: ${reason}`;
  return [quantityCell(index + 1, "count"), textCell(id), ...values, textCell(valid ? "" : remark)];
}
