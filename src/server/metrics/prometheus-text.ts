import type { Registry } from "prom-client";
import type { MetricsLibrary } from "./metrics-library.ts";
import type { ExportStats, ServerStats } from "./server-stats.ts";
import { workerNumbers } from "./worker-number.ts";

/** A value and its labels. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** The samples of one metric. It has its labels even without a sample; the library would give one without labels a 0. */
interface Samples {
  readonly labelNames: readonly string[];
  readonly values: readonly Sample[];
}

/** The numbers of `GET /stats` in Prometheus' text format, together with the histograms of a registry. */
export async function prometheusText(
  { Counter, Gauge, Registry }: MetricsLibrary,
  stats: ServerStats,
  histograms: Registry,
): Promise<string> {
  const registry = new Registry();
  const describe = (name: string, help: string, labelNames: readonly string[]) => ({
    name: `stream_csv_${name}`,
    help,
    labelNames,
    registers: [registry],
  });
  const gauge = (name: string, help: string, { labelNames, values }: Samples): void => {
    const metric = new Gauge(describe(name, help, labelNames));
    for (const [labels, value] of values) metric.set(labels, value);
  };
  const counter = (name: string, help: string, { labelNames, values }: Samples): void => {
    const metric = new Counter(describe(name, help, labelNames));
    for (const [labels, value] of values) metric.inc(labels, value);
  };

  gauge("uptime_seconds", "Time since the server started.", single(stats.uptimeSeconds));
  const ofWorkers = (value: (worker: ServerStats["workers"][number]) => number): Samples => ({
    labelNames: ["worker"],
    values: stats.workers.map((worker) => [{ worker: String(worker.worker) }, value(worker)]),
  });
  gauge(
    "worker_up",
    "1 while the worker's process runs, 0 while it is missing.",
    ofWorkers(({ isRunning }) => Number(isRunning)),
  );
  counter(
    "worker_restarts_total",
    "Processes that replaced one that died.",
    ofWorkers(({ restarts }) => restarts),
  );
  gauge(
    "worker_age_seconds",
    "How old the worker's numbers are.",
    ofWorkers(({ ageSeconds }) => ageSeconds),
  );
  for (const { field, kind, name, help } of workerNumbers) {
    const add = kind === "counter" ? counter : gauge;
    add(
      `worker_${name}`,
      help,
      ofWorkers((worker) => worker[field]),
    );
  }

  const { jobs } = stats;
  gauge("jobs_queued", "Jobs that wait.", single(jobs.queued));
  gauge("jobs_running", "Jobs that run now.", single(jobs.running));
  counter("jobs_total", "Jobs that ended, by state.", {
    labelNames: ["state"],
    values: (["completed", "failed", "cancelled"] as const).map((state): Sample => [{ state }, jobs[state]]),
  });
  counter("job_rows_total", "Rows of completed jobs.", single(jobs.rows));
  counter("job_bytes_total", "Bytes of completed jobs.", single(jobs.bytes));

  const ofExports = (value: (one: ExportStats) => number): Samples => ({
    labelNames: ["export", "delivery"],
    values: stats.exports.map((each) => [labelsOf(each), value(each)]),
  });
  gauge(
    "transfers_running",
    "Transfers that run now.",
    ofExports(({ running }) => running),
  );
  counter("transfers_total", "Transfers that ended, by outcome.", {
    labelNames: ["export", "delivery", "outcome"],
    values: stats.exports.flatMap((each) =>
      Object.entries(each.transfers).map(([outcome, count]): Sample => [
        { ...labelsOf(each), outcome: snakeCase(outcome) },
        count,
      ]),
    ),
  });
  counter(
    "transfer_rows_total",
    "Rows of transfers that ended.",
    ofExports(({ rows }) => rows),
  );
  counter(
    "transfer_bytes_total",
    "Bytes of bodies of transfers that ended.",
    ofExports(({ bytes }) => bytes),
  );

  const { spool, bufferMemory, backlog, allBusySeconds } = stats;
  gauge("backlog_connections", "Connections that wait for a worker.", single(backlog.queued));
  counter(
    "backlog_wait_seconds_total",
    "Time connections waited for a worker.",
    single(backlog.queueWaitSeconds),
  );
  if (allBusySeconds !== null) {
    counter("all_busy_seconds_total", "Time in which every sync worker was taken.", single(allBusySeconds));
  }
  gauge("connections_open", "Connections that are open.", single(stats.connections.open));
  gauge("connections_limit", "Connections that may be open.", single(stats.connections.limit));
  counter(
    "connections_refused_total",
    "Connections that were refused because the limit was reached.",
    single(stats.connections.refused),
  );
  counter(
    "log_lines_dropped_total",
    "Lines of the log that nobody took in time, of all processes.",
    single(stats.log.droppedLines),
  );
  gauge("spool_files", "Prepared files.", single(spool.files));
  gauge("spool_bytes", "Disk space of prepared files.", single(spool.bytes));
  gauge("spool_limit_bytes", "Disk space that prepared files may take.", single(spool.limitBytes));
  gauge("spool_builds", "Files being made.", single(spool.builds));
  gauge("spool_leases", "Prepared files being sent, for each transfer.", single(spool.leases));
  gauge("buffer_memory_bytes", "Memory reserved by buffered bodies.", single(bufferMemory.usedBytes));
  gauge(
    "buffer_memory_limit_bytes",
    "Memory that buffered bodies may take.",
    single(bufferMemory.limitBytes),
  );
  return Registry.merge([registry, histograms]).metrics();
}

function single(value: number): Samples {
  return { labelNames: [], values: [[{}, value]] };
}

function labelsOf({ name, delivery }: ExportStats): Readonly<Record<string, string>> {
  return { export: name, delivery };
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
