import type { Measured, MetricId } from "../../result/metric.ts";

/** Metrics that are peaks; several of them are combined by taking the maximum. */
const peaks = new Set<string>([
  "longest_stall_s",
  "peak_rss_over_idle_bytes",
  "loop_delay_max_s",
] satisfies MetricId[]);

/**
 * What an arm gave in a round that asked it several times: the maximum of peaks, and the mean of everything else, so that
 * costs are those of all its exports over all their bytes. Exports of one process are not independent samples, therefore
 * a round stays one value.
 */
export function combineTurns(turns: readonly Measured[]): Measured {
  const ids = Object.keys(turns[0] ?? {}) as MetricId[];
  return Object.fromEntries(ids.map((id) => [id, combine(id, turns)]));
}

/**
 * What an arm gave in a round that measured it alone and then in a duet: the maximum of peaks, and whatever else the duet
 * measured is taken from the duet. What the duet could not measure is unknown.
 */
export function withDuet(alone: Measured, duet: Measured): Measured {
  const ids = Object.keys(duet) as MetricId[];
  const merged = ids.map((id) => [id, peaks.has(id) ? combine(id, [alone, duet]) : duet[id]]);
  return { ...alone, ...Object.fromEntries(merged) };
}

function combine(id: MetricId, turns: readonly Measured[]): number | null {
  const values = turns.flatMap((turn) => turn[id] ?? []);
  if (values.length < turns.length) return null;
  if (peaks.has(id)) return Math.max(...values);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
