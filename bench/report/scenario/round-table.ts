import { quantityCell, textCell, type Cell, type Table } from "../model/table.ts";
import { measuredCell } from "../read/median-cell.ts";
import type { ScenarioView } from "../read/scenario-view.ts";
import { summarizedMetrics } from "../read/summarized-metrics.ts";

/**
 * Every value of every round, also of rounds that aren't valid, but no short requests of too few rounds. Rounds stand side
 * by side, because there are few of them and many metrics.
 */
export function roundTable(view: ScenarioView): Table {
  const { arms, rounds } = view;
  const measured = summarizedMetrics(view).flatMap((metric) =>
    arms.flatMap(({ id }): (readonly Cell[])[] => {
      const values = rounds.map((round) => round.arms[id]?.[metric.id]);
      if (values.every((value) => value === undefined)) return [];
      return [
        [
          textCell(metric.label),
          textCell(id),
          ...values.map((value) => measuredCell(value ?? null, metric, view.mostSlots(id))),
        ],
      ];
    }),
  );
  const places = arms.flatMap(({ id }): (readonly Cell[])[] => {
    const own = rounds.map(({ order }) => order.indexOf(id));
    if (own.every((place) => place < 0)) return [];
    const cells = own.map((place) => quantityCell(place < 0 ? null : place + 1, "count"));
    return [[textCell("place in the order"), textCell(id), ...cells]];
  });
  return {
    caption: "Values of every round",
    columns: [
      { title: "metric", align: "left" },
      { title: "arm", align: "left" },
      ...rounds.map(({ index, valid }) => ({ title: `${index + 1}${valid ? "" : " (invalid)"}` })),
    ],
    rows: [...measured, ...places],
    note: "A column is a round. The arms of a round were measured one after another, in the order given at the end.",
  };
}
