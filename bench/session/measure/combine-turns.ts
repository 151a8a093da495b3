import type { Measured, MetricId } from "../../result/metric.ts";

/** Of what is the highest of something, the highest counts. */
const peaks = new Set<string>([
  "longest_stall_s",
  "peak_rss_over_idle_bytes",
  "loop_delay_max_s",
] satisfies MetricId[]);

/**
 * What an arm gave in one round that asked it several times: means, so that costs are those of all its exports over all
 * their bytes, and the highest of peaks. Exports of one process are no independent samples, and aren't counted as such:
 * a round stays one value.
 */
export function combineTurns(turns: readonly Measured[]): Measured {
  const ids = Object.keys(turns[0] ?? {}) as MetricId[];
  return Object.fromEntries(ids.map((id) => [id, combine(id, turns)]));
}

/**
 * What an arm gave in one round, alone and at the same time as the others: the highest of peaks counts, and everything
 * else the others' company tells is taken from there. What couldn't be measured there is unknown.
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
