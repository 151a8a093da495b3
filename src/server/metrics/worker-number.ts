import type { WorkerNumbers } from "./server-stats.ts";

/** One number of a worker, and its name in `GET /metrics`. */
export interface WorkerNumber {
  readonly field: keyof WorkerNumbers;
  /**
   * `counter`: never falls; `gauge`: current value, summed over workers; `worst`: current value, the highest over
   * workers.
   */
  readonly kind: "counter" | "gauge" | "worst";
  readonly name: string;
  readonly help: string;
}

/** Every number of a worker. This table decides how each is summed, carried over to a replacement, and exported. */
export const workerNumbers: readonly WorkerNumber[] = [
  gauge("slots", "slots", "Places for exports."),
  gauge("busySlots", "busy_slots", "Places for exports that are taken."),
  gauge("queued", "queued_exports", "Exports that wait for a slot."),
  counter("heldSeconds", "slot_held_seconds_total", "Slot time, granted until released."),
  counter("busySlotSeconds", "slot_busy_seconds_total", "Integral over time of the busy slots."),
  counter("queueWaitSeconds", "queue_wait_seconds_total", "Time exports waited for a slot."),
  counter("loopSeconds", "event_loop_busy_seconds_total", "Time the event loop was not idle."),
  counter("cpuSeconds", "cpu_seconds_total", "CPU time, user and system."),
  counter("gcSeconds", "gc_seconds_total", "Time in garbage collection."),
  gauge("residentBytes", "resident_memory_bytes", "Resident memory."),
  gauge("peakResidentBytes", "resident_memory_peak_bytes", "Highest resident memory so far."),
  gauge("heapUsedBytes", "heap_used_bytes", "Heap in use."),
  gauge("arrayBuffersBytes", "array_buffers_bytes", "Memory of chunks and bodies, outside the heap."),
  worst("loopDelayP50Seconds", "event_loop_delay_p50_seconds", "Median delay of the event loop lately."),
  worst("loopDelayP99Seconds", "event_loop_delay_p99_seconds", "99th percentile of that delay lately."),
  worst("loopDelayMaxSeconds", "event_loop_delay_max_seconds", "Longest such delay lately."),
  counter("droppedLogLines", "log_lines_dropped_total", "Lines of its log that nobody took in time."),
  gauge("databaseConnections", "database_connections", "Connections there may be to databases."),
  gauge("busyDatabaseConnections", "database_busy_connections", "Connections that exports hold."),
  gauge("queuedForDatabase", "database_queued_exports", "Exports that wait for a connection."),
  counter("databaseHeldSeconds", "database_held_seconds_total", "Time exports held connections."),
  counter("databaseWaitSeconds", "database_wait_seconds_total", "Time exports waited for connections."),
];

/** Combines the numbers of several workers. */
export function sumOf(workers: readonly WorkerNumbers[]): WorkerNumbers {
  return combine(({ field, kind }) => {
    const values = workers.map((worker) => worker[field]);
    return kind === "worst" ? Math.max(0, ...values) : values.reduce((so, value) => so + value, 0);
  });
}

/** Adds the counters of replaced processes to the numbers of the current one. */
export function carryOn(before: WorkerNumbers, now: WorkerNumbers): WorkerNumbers {
  return combine(({ field, kind }) => (kind === "counter" ? before[field] + now[field] : now[field]));
}

/**
 * Newer numbers of the same process, with no counter lower than before. Rounding may lower a floating-point sum by
 * its last digit, and Prometheus would take that for a restart.
 */
export function advance(before: WorkerNumbers, now: WorkerNumbers): WorkerNumbers {
  return combine(({ field, kind }) =>
    kind === "counter" ? Math.max(before[field], now[field]) : now[field],
  );
}

/** The numbers of a new worker. */
export const noNumbers: WorkerNumbers = combine(() => 0);

function combine(valueOf: (number: WorkerNumber) => number): WorkerNumbers {
  return Object.fromEntries(
    workerNumbers.map((number) => [number.field, valueOf(number)]),
  ) as unknown as WorkerNumbers;
}

function gauge(field: keyof WorkerNumbers, name: string, help: string): WorkerNumber {
  return { field, kind: "gauge", name, help };
}

function counter(field: keyof WorkerNumbers, name: string, help: string): WorkerNumber {
  return { field, kind: "counter", name, help };
}

function worst(field: keyof WorkerNumbers, name: string, help: string): WorkerNumber {
  return { field, kind: "worst", name, help };
}
