import type { MetricId } from "../../result/metric.ts";
import type { Arm, BenchResult, Comparison } from "../../result/schema.ts";
import { growthOf, type Growth } from "../../statistics/growth.ts";
import { median } from "../../statistics/median.ts";
import type { Point } from "../../statistics/least-squares.ts";

/** The median of a metric over the valid rounds that have it; null when none has. */
export function medianOf(
  result: BenchResult,
  scenario: string,
  arm: string,
  metric: MetricId,
): number | null {
  return median(
    result.rounds
      .filter((round) => round.scenario === scenario && round.valid)
      .flatMap((round) => round.arms[arm]?.[metric] ?? []),
  );
}

/** How an arm compares with the control; undefined when that wasn't measured. */
export function comparisonOf(
  result: BenchResult,
  scenario: string,
  arm: string,
  metric: MetricId,
): Comparison | undefined {
  return result.comparisons.find(
    (item) => item.scenario === scenario && item.treatment === arm && item.metric === metric,
  );
}

/** What analysis says a metric should be; null when it says nothing of it. */
export function expectedOf(
  result: BenchResult,
  scenario: string,
  arm: string,
  metric: MetricId,
): number | null {
  const expected = result.checks.find(({ id }) => id === `${scenario}.${arm}.${metric}`)?.expected;
  return typeof expected === "number" ? expected : null;
}

/** The arms of a scenario that have at least one number. */
export function measuredArms(result: BenchResult, scenario: string): readonly Arm[] {
  const rounds = result.rounds.filter((round) => round.scenario === scenario && round.valid);
  return result.arms.filter(
    (arm) => arm.scenario === scenario && rounds.some((round) => round.arms[arm.id] !== undefined),
  );
}

/** Peak memory over idle by rows, for one delivery or target. */
export interface MemoryCurve {
  readonly delivery: string;
  /** x: rows, y: bytes; by ascending rows. */
  readonly points: readonly Point[];
  /** null with fewer than two sizes, or when the bytes of a row aren't known. */
  readonly growth: Growth | null;
}

/** What the scenario `scaling` found, a curve for each delivery. */
export function memoryCurves(result: BenchResult): readonly MemoryCurve[] {
  const arms = measuredArms(result, "scaling");
  const bytesPerRow = bytesPerRowOf(result);
  return [...new Set(arms.map(curveOf))].map((delivery) => {
    const points = arms
      .filter((arm) => curveOf(arm) === delivery)
      .flatMap(({ id }): Point[] => {
        const x = medianOf(result, "scaling", id, "rows");
        const y = medianOf(result, "scaling", id, "peak_rss_over_idle_bytes");
        return x === null || y === null ? [] : [{ x, y }];
      })
      .toSorted((left, right) => left.x - right.x);
    return { delivery, points, growth: bytesPerRow === null ? null : growthOf(points, bytesPerRow) };
  });
}

/** The curve an arm is a point of: its name without its rows, so that versions of one delivery stay apart. */
export function curveOf({ id, rows, delivery }: Arm): string {
  const end = `-${rows}`;
  return id.endsWith(end) ? id.slice(0, -end.length) : delivery;
}

/** The length of a row of the export that was checked. */
export function bytesPerRowOf({ integrity }: BenchResult): number | null {
  return integrity.bytes !== null && integrity.rows !== null && integrity.rows > 0
    ? integrity.bytes / integrity.rows
    : null;
}
