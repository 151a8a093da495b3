import { fetchInsideNumbers, type InsideNumbers } from "../../probe/server-stats.ts";
import type { MetricId } from "../../result/metric.ts";
import type { RunningTarget } from "../../subject/target.ts";

/** Metrics from numbers that `/stats` may leave out. */
const optional: readonly (readonly [MetricId, keyof InsideNumbers])[] = [
  ["gc_s_per_export", "gcSeconds"],
  ["heap_used_bytes", "heapUsedBytes"],
  ["loop_delay_max_s", "loopDelayMaxSeconds"],
];

/**
 * Metrics that a server's inside numbers leave out; none where it reports no inside numbers at all.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when it no longer answers
 */
export async function unreportedMetrics(
  { statsUrl, form }: Pick<RunningTarget, "statsUrl" | "form">,
  signal: AbortSignal,
): Promise<readonly MetricId[]> {
  if (statsUrl === null) return [];
  const numbers = await fetchInsideNumbers(statsUrl, signal, form);
  return optional.flatMap(([metric, key]) => (numbers[key] === undefined ? [metric] : []));
}
