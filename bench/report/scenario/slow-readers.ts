import { medianSection } from "./scenario-section.ts";

/** The scenario `slow-readers`: what it costs that clients read slowly, and what other requests feel of it. */
export const slowReadersSection = medianSection("Clients that read slowly", [
  "bytes_per_concurrent_export",
  "kernel_bytes_per_export",
  "readers_served",
  "read_rate_bytes_per_s",
  "slots_held",
  "loop_busy_ratio",
  "ping_p50_idle_s",
  "ping_p50_s",
  "ping_p99_idle_s",
  "ping_p99_s",
  "ping_failed_ratio",
  "slow_held_s_per_export",
]);
