import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { systemClock } from "../../src/ground.ts";
import { EventLoopMeter, Occupancy } from "../../src/internal.ts";

/** What a server reports about itself: the part of our `/stats` that `bench` reads. */
export interface InsideReport {
  readonly uptimeSeconds: number;
  readonly total: InsideTotals;
  readonly workers: readonly [{ readonly pid: number }];
}

/** The numbers of one process since its meter was made. */
export interface InsideTotals {
  /** Slots that are taken now. */
  readonly busySlots: number;
  /** Slot time, of exports that have ended and of those that run. */
  readonly heldSeconds: number;
  /** Integral over time of the number of busy slots, kept apart from `heldSeconds` as a check on it. */
  readonly busySlotSeconds: number;
  /** Time that exports have waited for their slots. */
  readonly queueWaitSeconds: number;
  /** Time the event loop was not idle. */
  readonly loopSeconds: number;
  readonly cpuSeconds: number;
  /** Time spent on garbage collection. */
  readonly gcSeconds: number;
  readonly residentBytes: number;
  /** Highest resident size since the process started. */
  readonly peakResidentBytes: number;
  readonly heapUsedBytes: number;
  /** The longest time by which the event loop was late. */
  readonly loopDelayMaxSeconds: number;
}

/** Counts what happens inside a server; see {@link insideNumbers}. */
export interface InsideNumbersMeter {
  /**
   * Counts that an export takes a slot. Call the returned function when the slot is free again; only the first call counts.
   * @param waitedSeconds how long it waited for the slot, where the server has a queue
   * @default waitedSeconds 0
   */
  begin(waitedSeconds?: number): () => void;
  /** The numbers since the meter was made. */
  read(): InsideReport;
}

const delayResolutionMs = 10;

/**
 * Lets any Node server report inside numbers to `bench`, by the same counters as `stream-csv serve`: how long exports hold
 * their slots, how long the event loop is busy and late, CPU time, garbage collection and heap. Answer `GET /stats` with
 * what `read()` returns. It counts one process, and its timers do not keep the process alive.
 *
 * @example
 * ```js
 * import { insideNumbers } from "stream-csv/bench";
 *
 * const inside = insideNumbers();
 * const free = inside.begin();
 * console.log(inside.read().total.busySlots);
 * free();
 * console.log(inside.read().total.busySlots);
 * ```
 *
 * ```text
 * 1
 * 0
 * ```
 */
export function insideNumbers(): InsideNumbersMeter {
  const startMs = performance.now();
  const cpuBefore = process.cpuUsage();
  const loop = new EventLoopMeter();
  const occupancy = new Occupancy(systemClock);
  const delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
  delay.enable();
  let queueWaitSeconds = 0;
  return {
    begin(waitedSeconds = 0) {
      if (!(waitedSeconds >= 0 && waitedSeconds < Number.POSITIVE_INFINITY)) {
        const message = `The wait is ${String(waitedSeconds)}, and must be seconds, 0 or more.`;
        throw Object.assign(new RangeError(message), { code: "SCSV_ARG_RANGE" });
      }
      queueWaitSeconds += waitedSeconds;
      const free = occupancy.take();
      return () => void free();
    },
    read() {
      const { user, system } = process.cpuUsage(cpuBefore);
      const { rss, heapUsed } = process.memoryUsage();
      return {
        uptimeSeconds: (performance.now() - startMs) / 1000,
        total: {
          busySlots: occupancy.busy,
          heldSeconds: occupancy.heldSeconds,
          busySlotSeconds: occupancy.busySlotSeconds,
          queueWaitSeconds,
          loopSeconds: loop.loopSeconds,
          cpuSeconds: (user + system) / 1e6,
          gcSeconds: loop.gcSeconds,
          residentBytes: rss,
          peakResidentBytes: process.resourceUsage().maxRSS * 1024,
          heapUsedBytes: heapUsed,
          // A sample includes the sampling interval. Without a sample the maximum means nothing.
          loopDelayMaxSeconds:
            delay.count === 0 ? 0 : Math.max(0, delay.max / 1e9 - delayResolutionMs / 1000),
        },
        workers: [{ pid: process.pid }],
      };
    },
  };
}
