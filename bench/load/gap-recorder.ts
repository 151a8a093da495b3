import { build } from "hdr-histogram-js";

/** How evenly bytes came. */
export interface Gaps {
  /** 99th percentile of the time between two reads, to within one percent; null with fewer than two reads. */
  readonly p99Ms: number | null;
  readonly longestMs: number | null;
}

/** Keeps the times between reads in a histogram, so that memory doesn't grow with the body. */
export class GapRecorder {
  readonly #histogram = build({ highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: 2 });
  #lastMs = Number.NaN;
  #longestMs = 0;

  /** Notes a read at a time of the clock. */
  note(nowMs: number): void {
    if (!Number.isNaN(this.#lastMs)) {
      const gapMs = nowMs - this.#lastMs;
      if (gapMs > this.#longestMs) this.#longestMs = gapMs;
      // In whole microseconds, at least one: the histogram knows no fractions.
      this.#histogram.recordValue(Math.max(1, Math.round(gapMs * 1000)));
    }
    this.#lastMs = nowMs;
  }

  summary(): Gaps {
    if (this.#histogram.totalCount === 0) return { p99Ms: null, longestMs: null };
    // A percentile is the upper end of its bucket, which may lie above the longest gap.
    const p99Ms = Math.min(this.#histogram.getValueAtPercentile(99) / 1000, this.#longestMs);
    return { p99Ms, longestMs: this.#longestMs };
  }
}
