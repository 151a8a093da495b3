import { PerformanceObserver, performance } from "node:perf_hooks";

/**
 * Seconds for which this process's event loop was not idle, and seconds of garbage collection, since construction.
 *
 * Loop time is `performance.eventLoopUtilization().active`: wall time outside the event provider. It is not CPU time:
 * a synchronous wait counts, and work on other threads doesn't.
 */
export class EventLoopMeter {
  readonly #start = performance.eventLoopUtilization();
  #gcMs = 0;
  readonly #observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) this.#gcMs += entry.duration;
  });

  constructor() {
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  get loopSeconds(): number {
    return performance.eventLoopUtilization(this.#start).active / 1000;
  }

  get gcSeconds(): number {
    return this.#gcMs / 1000;
  }
}
