/**
 * The level of each single bound that keeps the chance of any false alarm among several at what it is for one.
 * Bonferroni's division needs no assumption on how metrics depend on each other.
 * @default falseAlarm 0.05
 */
export function bonferroniLevel(bounds: number, falseAlarm = 0.05): number {
  return 1 - falseAlarm / Math.max(1, bounds);
}
