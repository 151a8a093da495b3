import { percentText } from "../number-text.ts";
import type { ScenarioView } from "../read/scenario-view.ts";

/** Counts of fewer rounds vary several-fold from run to run. */
const fewestRounds = 4;

/** What short requests lose beside exports, with the range over the rounds; nothing from fewer than four. */
export function neighbourSentences(...views: readonly ScenarioView[]): readonly string[] {
  // The scenario with the most rounds says it.
  const [view] = views.toSorted((left, right) => countOf(right) - countOf(left));
  if (view === undefined) return [];
  const kept = view.arms.flatMap(({ id, role }) => {
    const values = view.values(id, metric);
    const middle = view.median(id, metric);
    if (role === "aa" || middle === null || values.length < fewestRounds) return [];
    return [
      `${id} ${shareText(middle)} (${shareText(Math.min(...values))}–${shareText(Math.max(...values))})`,
    ];
  });
  if (kept.length === 0) return [];
  return [
    `While exports run one after another, the server answers this share of its usual short requests (range over the rounds): ${kept.join(", ")}.`,
  ];
}

const metric = "ping_kept_ratio";

function countOf(view: ScenarioView): number {
  return Math.max(0, ...view.arms.map(({ id }) => view.values(id, metric).length));
}

/** A sample of what can't exceed all may exceed it. */
function shareText(share: number): string {
  return percentText(Math.min(1, share));
}
