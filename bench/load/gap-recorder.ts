import { build } from "hdr-histogram-js";

/** How evenly the bytes came. */
export interface Gaps {
  /** 99th percentile of the time between two reads, to within one percent; null with fewer than two reads. */
  readonly p99Ms: number | null;
  readonly longestMs: number | null;
}

/** Every two percent up to 96, then in steps of a third of what is left, and 1. */
const quantilesShown = [
  ...Array.from({ length: 49 }, (_, index) => index / 50),
  ...Array.from({ length: 18 }, (_, index) => Number((1 - 0.04 * (2 / 3) ** (index + 1)).toPrecision(8))),
  1,
];

/** Keeps the times between reads in a histogram, so that memory does not grow with the body. */
export class GapRecorder {
  readonly #histogram = build({ highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: 2 });
  #lastMs = Number.NaN;
  #longestMs = 0;

  /** Records a read at a time of the clock. */
  note(nowMs: number): void {
    if (!Number.isNaN(this.#lastMs)) {
      const gapMs = nowMs - this.#lastMs;
      if (gapMs > this.#longestMs) this.#longestMs = gapMs;
      // In whole microseconds, at least one, because the histogram has no fractions.
      this.#histogram.recordValue(Math.max(1, Math.round(gapMs * 1000)));
    }
    this.#lastMs = nowMs;
  }

  /**
   * The times in seconds at quantiles from 0 to 1, closer to each other towards the slow end, because a few long stalls
   * among thousands of reads are what matters.
   */
  quantiles(): readonly (readonly [x: number, y: number])[] {
    if (this.#histogram.totalCount === 0) return [];
    return quantilesShown.map((quantile): readonly [number, number] => {
      const seconds = this.#histogram.getValueAtPercentile(quantile * 100) / 1e6;
      return [quantile, Math.min(seconds, this.#longestMs / 1000)];
    });
  }

  summary(): Gaps {
    if (this.#histogram.totalCount === 0) return { p99Ms: null, longestMs: null };
    // A percentile is the upper end of its bucket, which may be above the longest gap.
    const p99Ms = Math.min(this.#histogram.getValueAtPercentile(99) / 1000, this.#longestMs);
    return { p99Ms, longestMs: this.#longestMs };
  }
}
