import { medianSection } from "./scenario-section.ts";

/** The scenario `export`: what one export costs, to its client and to the server. */
export const exportSection = medianSection("One export at a time, at full speed", [
  "first_byte_s",
  "total_s",
  "longest_stall_s",
  "throughput_bytes_per_s",
  "rows_per_s",
  "peak_rss_over_idle_bytes",
  "held_s_per_export",
  "loop_s_per_export",
  "cpu_s_per_export",
  "observed_cpu_s_per_export",
  "observed_peak_bytes",
  "connection_held_s_per_export",
  "database_temporary_bytes",
  "gc_s_per_export",
  "loop_delay_max_s",
  "ping_kept_ratio",
  "ping_lost_per_export",
]);
