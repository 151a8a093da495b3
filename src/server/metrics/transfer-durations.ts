import type { Registry } from "prom-client";
import { neverRejects } from "../../never-rejects.ts";
import type {
  Distributions,
  TransferHistograms,
  TransferLabels,
  TransferTimes,
} from "./transfer-histograms.ts";

/**
 * How long transfers took, by export and delivery. Memory is constant for each pair.
 *
 * The library of the histograms is loaded with the first transfer that ends, so that a server starts sooner.
 */
export class TransferDurations {
  #loading: Promise<TransferHistograms> | undefined;

  observe(labels: TransferLabels, times: TransferTimes): void {
    neverRejects(this.#histograms().then((histograms) => histograms.observe(labels, times)));
  }

  async of(labels: TransferLabels): Promise<Distributions> {
    return (await this.#histograms()).of(labels);
  }

  /** The histograms, for Prometheus. */
  async registry(): Promise<Registry> {
    return (await this.#histograms()).registry;
  }

  #histograms(): Promise<TransferHistograms> {
    this.#loading ??= import("./transfer-histograms.ts").then((module) => new module.TransferHistograms());
    return this.#loading;
  }
}
