import type { BenchProgress } from "./hooks.ts";

/** Counts the steps of a run and reports them. */
export class RunProgress {
  readonly #onProgress: (progress: BenchProgress) => void;
  #step = 0;
  #steps: number | null = null;

  constructor(onProgress: (progress: BenchProgress) => void) {
    this.#onProgress = onProgress;
  }

  /** Reports what is done now, without counting it. */
  report(label: string): void {
    this.#onProgress({ label, step: this.#step, steps: this.#steps });
  }

  /** Reports the next step, and counts it as done from then on. */
  step(label: string): void {
    this.report(label);
    this.#step += 1;
  }

  /** Adds steps to those that are known to come. */
  addSteps(count: number): void {
    this.#steps = (this.#steps ?? 0) + count;
  }
}
