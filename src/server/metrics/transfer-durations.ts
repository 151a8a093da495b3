import type { Registry } from "prom-client";
import { loadMetricsLibrary } from "./metrics-library.ts";
import {
  TransferHistograms,
  type Distributions,
  type TransferLabels,
  type TransferTimes,
} from "./transfer-histograms.ts";

/**
 * How long transfers took, by export and delivery. Memory is constant for each pair.
 *
 * The library of the histograms is loaded when a first transfer starts or numbers are asked for, so that a server starts sooner
 * and one at rest needs less memory.
 */
export class TransferDurations {
  readonly #loadLibrary: typeof loadMetricsLibrary;
  #histograms: TransferHistograms | undefined;
  #loading: Promise<TransferHistograms> | undefined;
  /** Transfers that ended before the library was there. */
  readonly #early: (readonly [TransferLabels, TransferTimes])[] = [];

  constructor(loadLibrary = loadMetricsLibrary) {
    this.#loadLibrary = loadLibrary;
  }

  observe(labels: TransferLabels, times: TransferTimes): void {
    if (this.#histograms === undefined) this.#early.push([labels, times]);
    else this.#histograms.observe(labels, times);
  }

  async of(labels: TransferLabels): Promise<Distributions> {
    return (await this.load()).of(labels);
  }

  /** The histograms, for Prometheus. */
  async registry(): Promise<Registry> {
    return (await this.load()).registry;
  }

  /** Loads the library; rejects when it can't be read, and may be called again then. */
  async load(): Promise<TransferHistograms> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return await this.#loading;
  }

  async #load(): Promise<TransferHistograms> {
    const histograms = new TransferHistograms(await this.#loadLibrary());
    for (const [labels, times] of this.#early.splice(0)) histograms.observe(labels, times);
    this.#histograms = histograms;
    return histograms;
  }
}
