/**
 * The level of each bound at which the chance of any false alarm among several is that of one. Bonferroni's division
 * needs no assumption about how metrics depend on each other.
 * @default falseAlarm 0.05
 */
export function bonferroniLevel(bounds: number, falseAlarm = 0.05): number {
  return 1 - falseAlarm / Math.max(1, bounds);
}
