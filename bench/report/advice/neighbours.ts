import { percentText, significant } from "../number-text.ts";
import type { ScenarioView } from "../read/scenario-view.ts";

/** Counts of fewer rounds vary several-fold from run to run. */
const fewestRounds = 4;

/** What short requests lose beside exports, with the range over the rounds; nothing from fewer than four. */
export function neighbourSentences(...views: readonly ScenarioView[]): readonly string[] {
  // The scenario with the most rounds says it.
  const [view] = views.toSorted((left, right) => countOf(right) - countOf(left));
  if (view === undefined) return [];
  const kept = rangesOf(view, "ping_kept_ratio", (share) => percentText(Math.min(1, share)));
  if (kept.length === 0) return [];
  const lost = rangesOf(view, "ping_lost_per_export", (count) => significant(Math.max(0, count), 2));
  return [
    `While exports run one after another, the server still answers this share of its short requests: ${kept.join(", ")}.`,
    `One export takes the place of this many short requests: ${lost.join(", ")}. In brackets: the range over the rounds.`,
  ];
}

function countOf(view: ScenarioView): number {
  return Math.max(0, ...view.arms.map(({ id }) => view.values(id, "ping_kept_ratio").length));
}

function rangesOf(view: ScenarioView, metric: string, text: (value: number) => string): readonly string[] {
  return view.arms.flatMap(({ id }) => {
    const values = view.values(id, metric);
    const middle = view.median(id, metric);
    if (middle === null || values.length < fewestRounds) return [];
    return [`${id} ${text(middle)} (${text(Math.min(...values))}–${text(Math.max(...values))})`];
  });
}
