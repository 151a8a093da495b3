import type { Histogram, Registry } from "prom-client";
import type { MetricsLibrary } from "./metrics-library.ts";
import type { Distribution, ExportStats } from "./server-stats.ts";

/** The times of one transfer, in seconds. */
export interface TransferTimes {
  /** Null when there was no first byte. */
  readonly firstByteSeconds: number | null;
  readonly heldSeconds: number;
  readonly queueWaitSeconds: number;
}

type Labels = "export" | "delivery";

/** The export and the delivery of a transfer. */
export type TransferLabels = Readonly<Record<Labels, string>>;

/** What `/stats` says of the times of transfers. */
export type Distributions = Pick<ExportStats, "firstByteSeconds" | "durationSeconds" | "queueWaitSeconds">;

/** From a prepared file to rows that a database must sort first. */
const firstByteBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** From a thousand rows to hours for a slow reader. */
const durationBounds = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600];
/** Up to the longest usual wait for a slot. */
const queueWaitBounds = [0.001, 0.01, 0.1, 0.5, 1, 5, 10, 30, 60];

/** How long transfers took, by export and delivery, as Prometheus histograms. Memory is constant for each pair. */
export class TransferHistograms {
  readonly registry: Registry;
  readonly #firstByte: Histogram<Labels>;
  readonly #duration: Histogram<Labels>;
  readonly #queueWait: Histogram<Labels>;

  constructor({ Histogram, Registry }: MetricsLibrary) {
    this.registry = new Registry();
    const histogram = (what: string, help: string, buckets: number[]): Histogram<Labels> =>
      new Histogram({
        name: `stream_csv_transfer_${what}_seconds`,
        help,
        buckets,
        labelNames: ["export", "delivery"],
        registers: [this.registry],
      });
    this.#firstByte = histogram(
      "first_byte",
      "Slot granted until the first byte was written.",
      firstByteBounds,
    );
    this.#duration = histogram("duration", "Slot granted until released.", durationBounds);
    this.#queueWait = histogram("queue_wait", "Asked for a slot until it was granted.", queueWaitBounds);
  }

  observe(labels: TransferLabels, times: TransferTimes): void {
    if (times.firstByteSeconds !== null) this.#firstByte.observe(labels, times.firstByteSeconds);
    this.#duration.observe(labels, times.heldSeconds);
    this.#queueWait.observe(labels, times.queueWaitSeconds);
  }

  async of(labels: TransferLabels): Promise<Distributions> {
    const [firstByteSeconds, durationSeconds, queueWaitSeconds] = await Promise.all(
      [this.#firstByte, this.#duration, this.#queueWait].map((histogram) => distribution(histogram, labels)),
    );
    return {
      firstByteSeconds: firstByteSeconds ?? none,
      durationSeconds: durationSeconds ?? none,
      queueWaitSeconds: queueWaitSeconds ?? none,
    };
  }
}

const none: Distribution = { count: 0, sum: 0, buckets: [] };

async function distribution(histogram: Histogram<Labels>, labels: TransferLabels): Promise<Distribution> {
  const { name, values } = await histogram.get();
  const own = values.filter(
    (value) => value.labels.export === labels.export && value.labels.delivery === labels.delivery,
  );
  const valueOf = (suffix: string): number =>
    own.find(({ metricName }) => metricName === name + suffix)?.value ?? 0;
  const buckets = own.flatMap(({ metricName, labels: all, value }) => {
    const upTo = Number(Reflect.get(all, "le"));
    return metricName === `${name}_bucket` && Number.isFinite(upTo) ? [{ upTo, count: value }] : [];
  });
  return { count: valueOf("_count"), sum: valueOf("_sum"), buckets };
}
