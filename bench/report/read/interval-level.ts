import type { Comparison } from "../../result/schema.ts";
import { significant } from "../number-text.ts";

/** What the intervals of comparisons hold at the least; of a single round nothing holds, so that it isn't counted. */
interface IntervalLevels {
  /** Of an interval as a whole; null where none is meant so. */
  readonly whole: number | null;
  /** Of each bound by itself, as what is judged needs it. */
  readonly bound: number | null;
}

/** In words, for a note: `intervals of at least 96.1 %; where judged, each bound holds at 98.0 %`; null without any. */
export function intervalText(comparisons: readonly Comparison[]): string | null {
  const { whole, bound } = intervalLevels(comparisons);
  if (whole === null) return bound === null ? null : `bounds of which each holds at ${levelText(bound)}`;
  const judged = bound === null ? "" : `; where judged, each bound holds at ${levelText(bound)}`;
  return `intervals of at least ${levelText(whole)}${judged}`;
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
