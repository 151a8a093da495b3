/**
 * The smallest value that is not exceeded by at least this share of the values (nearest rank, never interpolated).
 * @param share from 0 to 1
 * @returns null when there is no value
 */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * sorted.length - 1e-9)) - 1] ?? null;
}
