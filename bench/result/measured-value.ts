import { metrics, type MetricUnit } from "./metric.ts";

/** What is measured too coarsely to tell anything smaller from nothing, by its unit: a clock. */
const usualResolutions: Readonly<Partial<Record<MetricUnit, number>>> = { s: 1e-6, "s/MiB": 1e-6 };

/**
 * What is measured more coarsely than its clock. An answer of /stats takes about a millisecond, and its own cost, which
 * varies as much, is subtracted. Processes that ended are counted in ticks of 10 ms, and connections of a database are
 * sampled every 50 ms. The resolution of CPU time per MiB depends on the body, so that only nothing is below it.
 */
const resolutions: ReadonlyMap<string, number> = new Map([
  ["held_s_per_export", 1e-3],
  ["loop_s_per_export", 1e-3],
  ["making_held_s", 1e-3],
  ["making_loop_s", 1e-3],
  ["download_held_s", 1e-3],
  ["download_loop_s", 1e-3],
  ["slow_held_s_per_export", 1e-3],
  ["cpu_s_per_export", 1e-3],
  ["gc_s_per_export", 1e-4],
  ["loop_delay_max_s", 1e-3],
  ["queue_wait_s", 1e-3],
  ["release_early_s", 1e-3],
  ["release_s", 1e-3],
  ["observed_cpu_s_per_export", 0.01],
  ["connection_held_s_per_export", 0.05],
]);

/** Shares of a whole, of which a sample may be larger than the whole. */
const shares: ReadonlySet<string> = new Set([
  "ping_kept_ratio",
  "ping_failed_ratio",
  "utilisation_ratio",
  "all_busy_ratio",
  "client_busy_ratio",
  "client_wait_ratio",
]);

/** Nothing smaller of a metric can be measured, in its unit; 0 where this version doesn't know. */
export function resolutionOf(id: string): number {
  const unit = metrics.find((metric) => metric.id === id)?.unit;
  return resolutions.get(id) ?? (unit === undefined ? 0 : (usualResolutions[unit] ?? 0));
}

/** Numbers of slots, whose time and the time over which it is divided are taken a moment apart. */
const slotCounts: ReadonlySet<string> = new Set(["slots_held", "busy_slots"]);

/**
 * A value as far as it is possible: no server keeps more short requests than all, loses fewer than none, or holds more slots
 * than there are.
 * @param mostSlots the slots that can be held at once, as far as that is known
 */
export function possibleValue(id: string, value: number, mostSlots = Number.POSITIVE_INFINITY): number {
  if (shares.has(id)) return Math.min(1, value);
  if (slotCounts.has(id)) return Math.min(mostSlots, value);
  return id === "ping_lost_per_export" ? Math.max(0, value) : value;
}
