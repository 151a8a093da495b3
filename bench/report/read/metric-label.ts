/**
 * The names of metrics for a person, the same in every format. A unit isn't part of a name, since every number carries
 * its own. What isn't listed reads well when it is made of the id: `first_byte_s` is "first byte".
 */
const labels: Readonly<Record<string, string>> = {
  rows_per_s: "rows per second",
  held_s_per_export: "slot held",
  loop_s_per_export: "event loop busy",
  gc_s_per_export: "garbage collection",
  observed_cpu_s_per_export: "CPU time observed",
  observed_peak_bytes: "peak memory observed",
  connection_held_s_per_export: "connection held",
  database_temporary_bytes: "temporary files",
  loop_delay_max_s: "worst loop delay",
  heap_used_bytes: "heap after the export",
  cpu_s_per_export: "CPU time",
  utilisation_ratio: "workers used",
  all_busy_ratio: "no worker free",
  waiting_clients: "clients waiting",
  idle_rss_bytes: "idle memory",
  client_busy_ratio: "reader busy",
  client_wait_ratio: "reader without a core",
  ping_per_s_idle: "short requests per second, idle",
  ping_per_s_busy: "short requests per second, busy",
  ping_kept_ratio: "short requests kept",
  ping_lost_per_export: "short requests lost",
  ping_p50_idle_s: "short request p50, idle",
  ping_p50_s: "short request p50, busy",
  ping_p99_idle_s: "short request p99, idle",
  ping_p99_s: "short request p99, busy",
  ping_failed_ratio: "short requests unanswered",
  readers_served: "readers served at once",
  bytes_per_concurrent_export: "memory per reader",
  kernel_bytes_per_export: "in socket buffers",
  busy_slots: "busy slots, by the server",
  loop_busy_ratio: "event loop busy, share",
  read_rate_bytes_per_s: "rate of a reader",
  read_rate_least_bytes_per_s: "rate of the slowest reader",
  read_rate_most_bytes_per_s: "rate of the fastest reader",
  readers_carried: "slow readers carried",
  readers_broken: "slow readers that broke a limit",
  slow_held_s_per_export: "slot held, whole export",
  slow_first_byte_s: "first byte, whole export",
  slow_total_s: "total, whole export",
  slow_kernel_bytes: "in socket buffers, whole export",
  slow_body_bytes: "body size, whole export",
  release_early_s: "client left at the first byte",
  release_s: "client left after 1 MiB",
  body_bytes: "body size",
};

/** By words of an id, which may be "constructor". */
const capitals = new Map([
  ["cpu", "CPU"],
  ["rss", "memory"],
  ["mib", "MiB"],
]);

/** A metric's name for a person. */
export function labelOf(id: string): string {
  return labels[id] ?? derivedLabel(id);
}

function derivedLabel(id: string): string {
  return id
    .replace(/_bytes_per_s$|(?<!_per)_s$|_bytes$/, "")
    .replace("_s_per_", "_per_")
    .split("_")
    .map((word) => capitals.get(word) ?? word)
    .join(" ");
}
