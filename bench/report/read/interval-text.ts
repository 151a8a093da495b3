import type { Comparison } from "../../result/result.ts";
import { significant } from "../number-text.ts";

/** The lowest confidence levels among comparisons. A single round has no interval, so it isn't counted. */
interface IntervalLevels {
  /** Of two-sided intervals; null without any. */
  readonly whole: number | null;
  /** Of each bound by itself, which a budget is judged by; null without any. */
  readonly bound: number | null;
}

/** In words, for a note: `intervals of at least 96.1 % confidence`; null without any. */
export function intervalText(comparisons: readonly Comparison[]): string | null {
  const { whole, bound } = intervalLevels(comparisons);
  if (whole === null) return bound === null ? null : `bounds of ${levelText(bound)} confidence each`;
  const judged =
    bound === null ? "" : `; where a budget applies, each bound has ${levelText(bound)} confidence`;
  return `intervals of at least ${levelText(whole)} confidence${judged}`;
}

function intervalLevels(comparisons: readonly Comparison[]): IntervalLevels {
  const repeated = comparisons.filter(({ n }) => n > 1);
  return {
    whole: lowest(repeated.filter((item) => !isOneSided(item))),
    bound: lowest(repeated.filter(isOneSided)),
  };
}

function isOneSided({ method }: Comparison): boolean {
  return method.includes("one-sided");
}

function lowest(comparisons: readonly Comparison[]): number | null {
  const levels = comparisons.flatMap(({ level }) => level ?? []);
  return levels.length === 0 ? null : Math.min(...levels);
}

function levelText(level: number): string {
  return `${significant(level * 100, 3)} %`;
}
