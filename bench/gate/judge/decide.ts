/** What a bound says about a budget; `invalid` belongs to whole runs. */
export type Decision = "pass" | "regression" | "inconclusive";

/** Two bounds, each of which is valid by itself. */
interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** How much more is too much; for what should be high, how much less. */
export interface Limit {
  readonly better: "lower" | "higher";
  /** Share of the control, 0.05 for 5 %. */
  readonly share: number;
  /** In the metric's unit; null where the share alone decides. */
  readonly least: number | null;
}

/** What is known of a change. */
export interface Change {
  /** Treatment over control; null when a value is not above zero, so that there is no ratio. */
  readonly ratio: Bounds | null;
  /** Treatment minus control; needed only where the limit has a least change. */
  readonly difference: Bounds | null;
  /**
   * By how much it is worse than the share allows, in the metric's unit; used only where there is no ratio. It needs no
   * logarithm, so that a round with a zero can be judged, too.
   */
  readonly excess?: Bounds | null;
}

/**
 * A change wholly above the limit is a regression, one wholly below it passes, anything else is inconclusive. A limit with
 * a least change is broken only when both are exceeded, so staying below one of them is enough to pass. Then a regression
 * needs no stricter level (an intersection–union test), and a wrong pass is at most twice as likely as with one bound.
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

/** The most that may stand beside a value: a share of its size is added, also where it is below zero. */
export function mostAllowed(value: number, share: number): number {
  return value + share * Math.abs(value);
}

/** Whether a change in either direction is surely larger than the limit, which two equal arms must not show. */
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

/** Bounds in the worse direction: reversed for what should be high. */
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
