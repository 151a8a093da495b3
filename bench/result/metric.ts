// Long because it is a catalog: every metric with its unit, direction and meaning, and nothing else.

/** The unit of a metric, which decides how a report shows it. */
export type MetricUnit =
  | "s"
  | "bytes"
  | "bytes/s"
  | "rows"
  | "rows/s"
  | "requests"
  | "requests/s"
  | "s/MiB"
  | "slots"
  | "clients"
  | "readers"
  | "ratio";

/** What is known about a metric before it is measured. */
export interface Metric {
  readonly id: string;
  readonly unit: MetricUnit;
  readonly better: "lower" | "higher";
  /** Whether it has a budget by default. */
  readonly gate: boolean;
  /** What it means and how it is measured, in one sentence. */
  readonly meaning: string;
}

/** Every metric a run can hold, in the order a report shows them. */
export const metrics = [
  {
    id: "first_byte_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "From connecting until the first byte of the body arrived.",
  },
  {
    id: "total_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "From connecting until the clean end of the body.",
  },
  {
    id: "submit_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "Of a job: from connecting until it was accepted.",
  },
  {
    id: "wait_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "Of a job: from its acceptance until its end was seen, asking every 50 ms.",
  },
  {
    id: "download_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "Of a job: from then until the clean end of its result.",
  },
  {
    id: "making_held_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "Of a job: time slots were held until its end was seen, from /stats.",
  },
  {
    id: "making_loop_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "Of a job: time the workers' event loops were not idle until its end was seen, from /stats.",
  },
  {
    id: "download_held_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "Of a job: time slots were held by the download of its result, from /stats.",
  },
  {
    id: "download_loop_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "Of a job: time the workers' event loops were not idle during the download, from /stats.",
  },
  {
    id: "chunk_gap_p99_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "99th percentile of the time between two reads of the body.",
  },
  {
    id: "longest_stall_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "The longest time between two reads of the body.",
  },
  {
    id: "throughput_bytes_per_s",
    unit: "bytes/s",
    better: "higher",
    gate: false,
    meaning: "Bytes of the body over total_s.",
  },
  {
    id: "rows_per_s",
    unit: "rows/s",
    better: "higher",
    gate: false,
    meaning: "Rows of the body over total_s.",
  },
  {
    id: "held_s_per_export",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "Time a slot was held, from /stats.",
  },
  {
    id: "loop_s_per_export",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "Time the workers' event loops were not idle, from /stats.",
  },
  {
    id: "gc_s_per_export",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "Time of garbage collection in the workers, from /stats.",
  },
  {
    id: "loop_delay_max_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "How late the event loop came to a timer at its worst, from /stats.",
  },
  {
    id: "heap_used_bytes",
    unit: "bytes",
    better: "lower",
    gate: false,
    meaning: "JavaScript heap of the workers after the export, from /stats.",
  },
  {
    id: "cpu_s_per_export",
    unit: "s",
    better: "lower",
    gate: false,
    meaning:
      "CPU time of the server: of its workers from /stats, of its other processes from /proc/PID/task/TID/schedstat, or from ps where there is no /proc.",
  },
  {
    id: "cpu_s_per_mib",
    unit: "s/MiB",
    better: "lower",
    gate: true,
    meaning: "cpu_s_per_export over the MiB of the body.",
  },
  {
    id: "observed_cpu_s_per_export",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "CPU time of everything that --observe names, in ticks of 10 ms for processes that ended.",
  },
  {
    id: "observed_peak_bytes",
    unit: "bytes",
    better: "lower",
    gate: false,
    meaning:
      "The most private memory (RssAnon) of what --observe names during the export, sampled every 50 ms, less what it held before.",
  },
  {
    id: "connection_held_s_per_export",
    unit: "s",
    better: "lower",
    gate: false,
    meaning:
      "Time in which connections to an observed database were not idle, summed, from pg_stat_activity every 50 ms.",
  },
  {
    id: "database_temporary_bytes",
    unit: "bytes",
    better: "lower",
    gate: false,
    meaning: "The most that temporary files of an observed database took, from pg_ls_tmpdir() every 50 ms.",
  },
  {
    id: "queue_wait_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "Time the export waited for a slot, from /stats.",
  },
  {
    id: "utilisation_ratio",
    unit: "ratio",
    better: "lower",
    gate: false,
    meaning: "Share of the sync workers' time in which they had a connection, from /stats.",
  },
  {
    id: "all_busy_ratio",
    unit: "ratio",
    better: "lower",
    gate: false,
    meaning: "Share of the time in which no sync worker was free, from /stats.",
  },
  {
    id: "waiting_clients",
    unit: "clients",
    better: "lower",
    gate: false,
    meaning: "Connections that waited for a sync worker at any time, on average, from /stats.",
  },
  {
    id: "idle_rss_bytes",
    unit: "bytes",
    better: "lower",
    gate: false,
    meaning: "Sum over the process tree of VmRSS of the fresh server before its warm-up.",
  },
  {
    id: "peak_rss_over_idle_bytes",
    unit: "bytes",
    better: "lower",
    gate: true,
    meaning:
      "Sum over the process tree of VmHWM during the export, less VmRSS of the fresh server before its warm-up.",
  },
  {
    id: "client_busy_ratio",
    unit: "ratio",
    better: "lower",
    gate: false,
    meaning:
      "Share of the export in which the reader itself was busy; near 1 it was the limit and not the server.",
  },
  {
    id: "client_wait_ratio",
    unit: "ratio",
    better: "lower",
    gate: false,
    meaning: "Share of the export in which the reader was ready to run and had no core.",
  },
  {
    id: "ping_per_s_idle",
    unit: "requests/s",
    better: "higher",
    gate: false,
    meaning: "Short requests answered while no export ran, by autocannon; the mean of before and after.",
  },
  {
    id: "ping_per_s_busy",
    unit: "requests/s",
    better: "higher",
    gate: false,
    meaning: "Short requests answered while exports ran back to back.",
  },
  {
    id: "ping_kept_ratio",
    unit: "ratio",
    better: "higher",
    gate: false,
    meaning: "ping_per_s_busy over ping_per_s_idle.",
  },
  {
    id: "ping_lost_per_export",
    unit: "requests",
    better: "lower",
    gate: false,
    meaning:
      "Short requests fewer than idle, over the exports made meanwhile: what one export cost the others.",
  },
  {
    id: "ping_p50_idle_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "Median latency of short requests on an open schedule before slow readers came.",
  },
  {
    id: "ping_p50_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "Median latency of short requests while slow readers read.",
  },
  {
    id: "ping_p99_idle_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "99th percentile of their latency before.",
  },
  {
    id: "ping_p99_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "99th percentile of their latency while slow readers read.",
  },
  {
    id: "ping_failed_ratio",
    unit: "ratio",
    better: "lower",
    gate: false,
    meaning: "Share of the short requests beside slow readers that got no good answer in time.",
  },
  {
    id: "readers_served",
    unit: "readers",
    better: "higher",
    gate: false,
    meaning: "Slow readers that had their first byte when they were watched; the others still waited.",
  },
  {
    id: "bytes_per_concurrent_export",
    unit: "bytes",
    better: "lower",
    gate: false,
    meaning: "peak_rss_over_idle_bytes over the number of readers.",
  },
  {
    id: "kernel_bytes_per_export",
    unit: "bytes",
    better: "lower",
    gate: false,
    meaning:
      "Bytes in the socket buffers of both sides, from /proc/net/tcp (Linux only), over the number of readers.",
  },
  {
    id: "slots_held",
    unit: "slots",
    better: "lower",
    gate: false,
    meaning:
      "Slot time over the time that was watched: how many slots the readers held at once, from /stats.",
  },
  {
    id: "busy_slots",
    unit: "slots",
    better: "lower",
    gate: false,
    meaning: "The server's own integral of busy slots over the same time; has to agree with slots_held.",
  },
  {
    id: "loop_busy_ratio",
    unit: "ratio",
    better: "lower",
    gate: false,
    meaning: "Loop time over the time that was watched, from /stats.",
  },
  {
    id: "read_rate_bytes_per_s",
    unit: "bytes/s",
    better: "higher",
    gate: false,
    meaning: "Median over the readers of the rate they really read at.",
  },
  {
    id: "read_rate_least_bytes_per_s",
    unit: "bytes/s",
    better: "higher",
    gate: false,
    meaning: "The rate of the slowest of the readers.",
  },
  {
    id: "read_rate_most_bytes_per_s",
    unit: "bytes/s",
    better: "higher",
    gate: false,
    meaning: "The rate of the fastest of the readers.",
  },
  {
    id: "readers_carried",
    unit: "readers",
    better: "higher",
    gate: false,
    meaning: "The most slow readers served at once while all limits were kept, in the scenario capacity.",
  },
  {
    id: "readers_broken",
    unit: "readers",
    better: "higher",
    gate: false,
    meaning: "The fewest slow readers at once that broke a limit; null when none did.",
  },
  {
    id: "slow_held_s_per_export",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "Time a slot was held by one whole export that was read slowly, from /stats.",
  },
  {
    id: "slow_first_byte_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "The first byte of that export.",
  },
  {
    id: "slow_total_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "From connecting until its clean end.",
  },
  {
    id: "slow_kernel_bytes",
    unit: "bytes",
    better: "lower",
    gate: false,
    meaning: "Bytes in the socket buffers of both sides when 4 MiB of it were read.",
  },
  {
    id: "slow_body_bytes",
    unit: "bytes",
    better: "lower",
    gate: false,
    meaning: "Bytes of that export.",
  },
  {
    id: "release_early_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning:
      "From a client's leaving at its first byte until its slot is free, by asking /stats again and again.",
  },
  {
    id: "release_s",
    unit: "s",
    better: "lower",
    gate: false,
    meaning: "The same for a client that leaves after a mebibyte, while the server waits for it to read on.",
  },
  {
    id: "rows",
    unit: "rows",
    better: "higher",
    gate: false,
    meaning: "Rows of the export that was measured.",
  },
  {
    id: "body_bytes",
    unit: "bytes",
    better: "lower",
    gate: false,
    meaning: "Bytes of the body that was measured.",
  },
] as const satisfies readonly Metric[];

/** The stable name of a metric. */
export type MetricId = (typeof metrics)[number]["id"];

/** What one arm gave in one round. A metric is null when it could not be measured, and absent when it was not asked for. */
export type Measured = Readonly<Partial<Record<MetricId, number | null>>>;
