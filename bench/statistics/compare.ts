import { hodgesLehmann, signedRankInterval } from "./signed-rank.ts";

/** How a treatment compares with its control over rounds that had both. */
export interface RatioEstimate {
  /** Treatment divided by control; 2 is twice as much. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** The level the interval attains. */
  readonly level: number;
  /** What was computed, in words. */
  readonly method: string;
  /** Rounds used. */
  readonly rounds: number;
}

/**
 * The ratio of treatment to control, from one pair per round.
 * Ratios are taken as logarithms, so that twice and half weigh alike: their Hodges–Lehmann estimate and its exact
 * signed-rank interval, both turned back into ratios.
 * @returns null without pairs, or when a value isn't above zero and has no logarithm
 */
export function compareRounds(
  pairs: readonly { readonly treatment: number; readonly control: number }[],
  level = 0.95,
): RatioEstimate | null {
  if (pairs.some((pair) => !(pair.treatment > 0 && pair.control > 0))) return null;
  const logRatios = pairs.map((pair) => Math.log(pair.treatment / pair.control));
  const centre = hodgesLehmann(logRatios);
  const interval = signedRankInterval(logRatios, level);
  if (centre === null || interval === null) return null;
  return {
    ratio: Math.exp(centre),
    low: Math.exp(interval.low),
    high: Math.exp(interval.high),
    level: interval.level,
    method: `Hodges–Lehmann of log ratios, exact signed-rank interval${interval.hasTies ? " (ties: its level is a lower bound)" : ""}`,
    rounds: pairs.length,
  };
}
