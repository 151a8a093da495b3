import { monitorEventLoopDelay, type IntervalHistogram } from "node:perf_hooks";

const resolutionMs = 20;
const windowMs = 15_000;

/**
 * How late the event loop ran its timers within the last 15 to 30 seconds.
 *
 * Two histograms alternate: each is reset after two windows, and the older one is read, so that the numbers always
 * cover a whole window. Node's samples include the sampling interval, which is subtracted. A blocked loop gives only
 * one sample, so the mean is useless; use the high percentiles. It runs until the process ends, and doesn't keep the
 * process alive.
 */
export class LoopDelay {
  #older: IntervalHistogram = begin();
  #newer: IntervalHistogram = begin();

  constructor() {
    setInterval(() => this.#turn(), windowMs).unref();
  }

  /** The delay that `percent` per cent of the samples stay below. */
  percentileSeconds(percent: number): number {
    return secondsOf(this.#older.percentile(percent));
  }

  get maxSeconds(): number {
    return secondsOf(this.#older.max);
  }

  #turn(): void {
    [this.#older, this.#newer] = [this.#newer, this.#older];
    this.#newer.reset();
  }
}

function begin(): IntervalHistogram {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  return histogram;
}

function secondsOf(sampleNs: number): number {
  return Math.max(0, sampleNs / 1e9 - resolutionMs / 1000);
}
