import { metrics, type Metric } from "../../result/metric.ts";
import type { BenchResult } from "../../result/result.ts";
import { isOfProcessors } from "../budget/budget.ts";

/** What one arm gave of one metric, round by round. */
export interface MetricValues {
  readonly scenario: string;
  readonly arm: string;
  readonly delivery: string;
  readonly metric: string;
  /** The control that each value was divided by in its own round; null for plain values. */
  readonly over: string | null;
  readonly values: readonly number[];
}

/** Metrics that do not depend on how fast a machine is. */
const portable: ReadonlySet<string> = new Set([
  "rows",
  "body_bytes",
  "peak_rss_over_idle_bytes",
  "bytes_per_concurrent_export",
]);
/** Metrics that stay the same when an export has more rows. */
const ofAnySize: ReadonlySet<string> = new Set([
  "cpu_s_per_mib",
  "throughput_bytes_per_s",
  "rows_per_s",
  "ping_kept_ratio",
]);

/** Whether a plain value means the same on another kind of machine. */
export function isPortable({ metric, over }: MetricValues): boolean {
  return over !== null || portable.has(metric);
}

/** Whether a value means the same for another number of rows. */
export function isOfAnySize({ metric }: MetricValues): boolean {
  return ofAnySize.has(metric);
}

/**
 * Everything in a result file that another run can be compared with: plain values, and where there is a control
 * the ratios to it, which can be compared between machines. The A/A arm is left out, because it repeats the control. CPU
 * time and memory of two versions are left out, because they were measured with both versions running.
 */
export function metricValuesOf({
  arms,
  rounds,
}: Pick<BenchResult, "arms" | "rounds">): readonly MetricValues[] {
  return arms
    .filter(({ role }) => role !== "aa")
    .flatMap((arm) => {
      const control = arms.find(
        (other) =>
          other.scenario === arm.scenario &&
          other.role === "control" &&
          other.delivery !== arm.delivery &&
          other.id !== arm.id,
      );
      const own = rounds.filter(({ scenario, valid }) => scenario === arm.scenario && valid);
      const place = { scenario: arm.scenario, arm: arm.id, delivery: arm.delivery };
      // Two versions of one delivery are each other's control and treatment.
      const isOfVersions = arms.some(
        ({ scenario, role, delivery }) =>
          scenario === arm.scenario && delivery === arm.delivery && role !== arm.role && role !== "aa",
      );
      return metrics.flatMap(({ id }): readonly MetricValues[] => {
        // They come from a duet, in which work costs more than alone, and memory rises over several exports.
        if (isOfVersions && (isOfProcessors({ metric: id }) || id === "peak_rss_over_idle_bytes")) return [];
        const values = own.flatMap((round) => numberOr(round.arms[arm.id]?.[id]));
        const plain = { ...place, metric: id, over: null, values };
        if (control === undefined || portable.has(id)) return [plain];
        const ratios = own.flatMap((round) => {
          const [value] = numberOr(round.arms[arm.id]?.[id]);
          const [base] = numberOr(round.arms[control.id]?.[id]);
          return value === undefined || base === undefined || base === 0 ? [] : [value / base];
        });
        return [plain, { ...place, metric: id, over: control.id, values: ratios }];
      });
    })
    .filter(({ values }) => values.length > 0);
}

/** The direction of a metric by the table; a metric that is no longer in it counts as better low, as most are. */
export function betterOf(metric: string): Metric["better"] {
  return metrics.find(({ id }) => id === metric)?.better ?? "lower";
}

function numberOr(value: number | null | undefined): readonly number[] {
  return typeof value === "number" ? [value] : [];
}
