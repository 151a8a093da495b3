import type { WorkerNumbers } from "./server-stats.ts";

/** What a number of a worker is, and what `GET /metrics` calls it. */
export interface WorkerNumber {
  readonly field: keyof WorkerNumbers;
  /** `counter`: only ever grows; `gauge`: holds now, and adds up over workers; `worst`: holds now, and the highest counts. */
  readonly kind: "counter" | "gauge" | "worst";
  readonly name: string;
  readonly help: string;
}

/** Every number of a worker: this table decides how they are added up, carried over and exported. */
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
];

/** Numbers of workers taken together. */
export function sumOf(workers: readonly WorkerNumbers[]): WorkerNumbers {
  return combine(({ field, kind }) => {
    const values = workers.map((worker) => worker[field]);
    return kind === "worst" ? Math.max(0, ...values) : values.reduce((so, value) => so + value, 0);
  });
}

/** The numbers of a process, after those of the ones before it in its place: what counts goes on from theirs. */
export function carryOn(before: WorkerNumbers, now: WorkerNumbers): WorkerNumbers {
  return combine(({ field, kind }) => (kind === "counter" ? before[field] + now[field] : now[field]));
}

/**
 * Newer numbers of the same process, in which no count is lower than before: the sums behind them are of floating point,
 * and a counter that falls by its last digit would count as one that began anew.
 */
export function advance(before: WorkerNumbers, now: WorkerNumbers): WorkerNumbers {
  return combine(({ field, kind }) =>
    kind === "counter" ? Math.max(before[field], now[field]) : now[field],
  );
}

/** The numbers of a worker that has done nothing. */
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
