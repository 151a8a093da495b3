import { formatCount } from "../../../src/ground.ts";
import { significant } from "../number-text.ts";
import { medianCell } from "../read/median-cell.ts";
import { medianInterval } from "../read/median-interval.ts";
import type { ScenarioView } from "../read/scenario-view.ts";
import { shownCell } from "../shown-cell.ts";

/** What short requests lose beside exports, with its rounds and interval; nothing from too few rounds for one. */
export function neighborSentences(...views: readonly ScenarioView[]): readonly string[] {
  // The scenario with the most rounds says it.
  const [view] = views.toSorted((left, right) => countOf(right) - countOf(left));
  const metric = view?.metrics.find(({ id }) => id === kept);
  if (view === undefined || metric === undefined) return [];
  const counted = view.arms.flatMap(({ id, role }) => {
    const found = role === "aa" ? null : medianInterval(view.values(id, kept));
    if (found === null) return [];
    return [{ text: `${id} ${shownCell(medianCell(view, id, metric))}`, confidence: found.confidence }];
  });
  if (counted.length === 0) return [];
  const confidence = significant(Math.min(...counted.map((item) => item.confidence)) * 100, 3);
  return [
    `While exports run one after another, the server answers this share of its usual short requests (medians of ${formatCount(countOf(view))} rounds, with intervals of at least ${confidence} % confidence): ${counted.map(({ text }) => text).join(", ")}.`,
  ];
}

const kept = "ping_kept_ratio";

function countOf(view: ScenarioView): number {
  return Math.max(0, ...view.arms.map(({ id }) => view.values(id, kept).length));
}
