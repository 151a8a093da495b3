/** What a bound says of a budget; `invalid` belongs to whole runs. */
export type Decision = "pass" | "regression" | "inconclusive";

/** Two bounds, each of which holds by itself. */
interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** How much more (or, of what should be high, less) is too much. */
export interface Limit {
  readonly better: "lower" | "higher";
  /** Share of the control, 0.05 for 5 %. */
  readonly share: number;
  /** In the metric's unit; null where the share alone decides. */
  readonly least: number | null;
}

/** What is known of a change. */
export interface Change {
  /** Treatment over control; null when a value isn't above zero, so that there is no ratio. */
  readonly ratio: Bounds | null;
  /** Treatment less control; needed only where the limit has a least. */
  readonly difference: Bounds | null;
  /**
   * By how much it is worse than the share allows, in the metric's unit; asked for only where there is no ratio. It needs
   * no logarithm, so a round of zero can be judged as well.
   */
  readonly excess?: Bounds | null;
}

/**
 * Wholly above the limit is a regression, wholly below it passes, anything between is neither.
 * With a least as well both have to be exceeded, so either of them suffices to pass; a regression then needs no
 * stricter level (an intersection–union test), and to pass wrongly has at most twice the chance of one bound alone.
 */
export function decide(change: Change, limit: Limit): Decision {
  const byShare = change.ratio === null ? decideExcess(change.excess) : decideShare(change.ratio, limit);
  if (limit.least === null) return byShare;
  const byLeast = against(
    worsening(change.difference, limit.better, (bound) => -bound),
    limit.least,
  );
  if (byShare === "pass" || byLeast === "pass") return "pass";
  return byShare === "regression" && byLeast === "regression" ? "regression" : "inconclusive";
}

/** Whether a change in either direction is surely larger than the limit: what two equal arms must not show. */
export function isSurelyOutside(change: Change, limit: Limit): boolean {
  const { ratio, difference } = change;
  const isShareOut = ratio !== null && (ratio.low > 1 + limit.share || ratio.high < 1 / (1 + limit.share));
  if (limit.least === null) return isShareOut;
  return (
    isShareOut && difference !== null && (difference.low > limit.least || difference.high < -limit.least)
  );
}

function decideShare(ratio: Bounds | null, { better, share }: Limit): Decision {
  return against(
    worsening(ratio, better, (bound) => 1 / bound),
    1 + share,
  );
}

function decideExcess(excess: Bounds | null | undefined): Decision {
  if (excess === null || excess === undefined) return "inconclusive";
  if (excess.low > 0) return "regression";
  return excess.high <= 0 ? "pass" : "inconclusive";
}

/** Bounds in the direction that is worse: for what should be high, the other way round. */
function worsening(
  bounds: Bounds | null,
  better: "lower" | "higher",
  turn: (bound: number) => number,
): Bounds | null {
  if (bounds === null || better === "lower") return bounds;
  return { low: turn(bounds.high), high: turn(bounds.low) };
}

function against(bounds: Bounds | null, limit: number): Decision {
  if (bounds === null) return "inconclusive";
  if (bounds.low > limit) return "regression";
  return bounds.high < limit ? "pass" : "inconclusive";
}
