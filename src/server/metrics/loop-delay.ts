import { monitorEventLoopDelay, type IntervalHistogram } from "node:perf_hooks";

const resolutionMs = 20;
const windowMs = 15_000;

/**
 * How late the event loop came to its timers within the last 15 to 30 seconds.
 *
 * Two histograms take turns: each begins anew after two windows, and the one that has run for longer is asked, so that
 * the numbers always cover a whole window. Node's samples hold the sampling interval itself, therefore it is taken off.
 * While the loop stands still there is one sample only, which makes the mean useless: ask for the high percentiles.
 * It goes on for as long as the process, and doesn't keep it alive.
 */
export class LoopDelay {
  #older: IntervalHistogram = begin();
  #newer: IntervalHistogram = begin();

  constructor() {
    setInterval(() => this.#turn(), windowMs).unref();
  }

  /** Delay below which so many per cent of the samples are. */
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
