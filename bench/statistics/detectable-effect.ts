import { percentile } from "./percentile.ts";
import { seededRandom } from "./random.ts";
import { signedRankBounds } from "./signed-rank.ts";

const power = 0.8;
const simulations = 2000;
/** With more rounds, the smallest visible change shrinks with the square root of their number. */
const mostSimulated = 30;
const seed = 80;

/**
 * The smallest true change that 80 of 100 runs with these rounds would have seen: `0.03` is 3 %.
 *
 * The deciding bound is computed for 2,000 simulated runs of as many normal values. It is above zero in 80 % of them once
 * the true value has moved by the 80th percentile of the distance that was missing. That number of standard deviations,
 * times the deviation of these log ratios, is the effect. Only this number assumes normal values. A formula for the t test
 * would promise a little more than the signed-rank bound can keep.
 * @param level of the one-sided bound
 * @returns null when there are too few rounds to reach the level
 */
export function detectableEffect(logRatios: readonly number[], level: number): number | null {
  const count = logRatios.length;
  if (count < 2 || 0.5 ** count > (1 - level) * (1 + 1e-9)) return null;
  const needed = deviationsNeeded(Math.min(count, mostSimulated), level);
  const scale = Math.sqrt(Math.min(1, mostSimulated / count));
  return Math.expm1(needed * scale * standardDeviation(logRatios));
}

/** The fewest rounds whose bound can reach a level: with n rounds the smallest chance is one in 2^n. */
export function fewestRounds(level: number): number {
  return Math.ceil(-Math.log2(1 - level) - 1e-9);
}

/** How many standard deviations the true value has to move until 80 % of runs see it. */
function deviationsNeeded(count: number, level: number): number {
  const key = `${count} ${level}`;
  const known = simulated.get(key);
  if (known !== undefined) return known;
  const random = seededRandom(seed);
  const shortfalls = Array.from({ length: simulations }, () => {
    const bounds = signedRankBounds(
      Array.from({ length: count }, () => normal(random)),
      level,
    );
    return -(bounds?.low ?? 0);
  });
  const needed = percentile(shortfalls, power) ?? 0;
  simulated.set(key, needed);
  return needed;
}

/** A simulation takes a tenth of a second, and every metric of a run needs the same one. */
const simulated = new Map<string, number>();

/** A normal value by Box and Muller's method. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function standardDeviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
