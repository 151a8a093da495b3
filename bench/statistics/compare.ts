import { detectableEffect } from "./detectable-effect.ts";
import { rankSumBounds } from "./rank-sum.ts";
import { hodgesLehmann, signedRankBounds, signedRankInterval } from "./signed-rank.ts";

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

/** What a treatment and its control gave in one round. */
export interface Pair {
  readonly treatment: number;
  readonly control: number;
}

/**
 * The ratio of treatment to control, from one pair per round. Ratios are taken as logarithms, so that twice and half
 * weigh the same: their Hodges–Lehmann estimate and its exact signed-rank interval, both converted back to ratios.
 * @returns null without pairs, or when a value is not above zero and has no logarithm
 */
export function compareRounds(pairs: readonly Pair[], level = 0.95): RatioEstimate | null {
  const logRatios = logRatiosOf(pairs);
  const interval = logRatios === null ? null : signedRankInterval(logRatios, level);
  if (logRatios === null || interval === null) return null;
  return {
    ...asRatios(hodgesLehmann(logRatios), interval),
    method: `Hodges–Lehmann of log ratios, exact signed-rank interval${interval.hasTies ? tiesNote : ""}`,
    rounds: pairs.length,
  };
}

/** A ratio whose two bounds are each valid by themselves, and what the rounds could have shown. */
export interface RatioBounds extends RatioEstimate {
  /** The smallest change that 80 of 100 such runs would see; null when there are too few rounds to see any. */
  readonly detectable: number | null;
}

/**
 * As {@link compareRounds}, with one-sided bounds for a decision.
 * @param level of each of the two bounds by itself
 */
export function boundRounds(pairs: readonly Pair[], level: number): RatioBounds | null {
  const logRatios = logRatiosOf(pairs);
  const bounds = logRatios === null ? null : signedRankBounds(logRatios, level);
  if (logRatios === null || bounds === null) return null;
  return {
    ...asRatios(hodgesLehmann(logRatios), bounds),
    method: `Hodges–Lehmann of log ratios, exact one-sided signed-rank bounds${bounds.hasTies ? tiesNote : ""}`,
    rounds: pairs.length,
    detectable: detectableEffect(logRatios, level),
  };
}

/**
 * The ratio of two runs that have no rounds in common: every value of one with every value of the other. It can decide
 * less than pairs from the same rounds, because everything that changed between the runs counts, too.
 * @param level of each of the two bounds by itself
 * @returns null when one is empty, or a value is not above zero
 */
export function boundRuns(
  after: readonly number[],
  before: readonly number[],
  level: number,
): RatioEstimate | null {
  if ([...after, ...before].some((value) => !(value > 0))) return null;
  const bounds = rankSumBounds(after.map(Math.log), before.map(Math.log), level);
  if (bounds === null) return null;
  const kind = bounds.isExact ? "exact" : "normal approximation of";
  return {
    ...asRatios(bounds.shift, bounds),
    method: `unpaired: Hodges–Lehmann shift of logarithms, ${kind} one-sided rank-sum bounds${bounds.hasTies ? " (ties: their level is a lower bound)" : ""}`,
    rounds: Math.min(after.length, before.length),
  };
}

const tiesNote = " (ties share their ranks)";

/** null without pairs, or when a value has no logarithm. */
function logRatiosOf(pairs: readonly Pair[]): readonly number[] | null {
  if (pairs.length === 0 || pairs.some((pair) => !(pair.treatment > 0 && pair.control > 0))) return null;
  return pairs.map((pair) => Math.log(pair.treatment / pair.control));
}

function asRatios(
  center: number | null,
  { low, high, level }: { readonly low: number; readonly high: number; readonly level: number },
): Pick<RatioEstimate, "ratio" | "low" | "high" | "level"> {
  return { ratio: Math.exp(center ?? Number.NaN), low: Math.exp(low), high: Math.exp(high), level };
}
