import type { Random } from "../../bench/internal.ts";

/** One of several, each as likely. */
export function pick<T>(random: Random, choices: readonly T[]): T {
  const chosen = choices[Math.floor(random() * choices.length)];
  if (chosen === undefined) throw new RangeError("There is nothing to choose from.");
  return chosen;
}

/** A number from one up to but not including another. */
export function between(random: Random, low: number, high: number): number {
  return low + random() * (high - low);
}
