import type { MetricId } from "../result/metric.ts";
import { roundValues } from "../result/round-values.ts";
import type { Check } from "../result/result.ts";
import type { RunRecord } from "../session/run-record.ts";
import { median } from "../statistics/median.ts";

/** What analysis says about a metric of an arm, to be compared with what was measured. */
export interface Expectation {
  readonly arm: string;
  readonly metric: MetricId;
  readonly expected: number;
  /** How far the median may be from it, in the metric's unit. */
  readonly tolerance: number;
}

/** The median of a metric of an arm over the rounds of a scenario; null when no round has it. */
export type MedianOf = (arm: string, metric: MetricId) => number | null;

export function mediansOf({ rounds }: Pick<RunRecord, "rounds">, scenario: string): MedianOf {
  return (arm, metric) => median(roundValues(rounds, { scenario, arm, metric }));
}

/**
 * Records each expectation beside the median that was measured, where there is one.
 * @param warningOf the warning about a median outside its tolerance
 * @default warningOf no warning
 */
export function recordExpectations(
  record: RunRecord,
  scenario: string,
  expectations: readonly Expectation[],
  warningOf?: (expectation: Expectation, observed: number) => string,
): void {
  const medianOf = mediansOf(record, scenario);
  for (const expectation of expectations) {
    const { arm, metric, expected, tolerance } = expectation;
    const observed = medianOf(arm, metric);
    if (observed === null) continue;
    const check: Check = {
      id: `${scenario}.${arm}.${metric}`,
      expected,
      observed,
      tolerance,
      ok: Math.abs(observed - expected) <= tolerance,
    };
    record.checks.push(check);
    if (!check.ok && warningOf !== undefined) record.warn(warningOf(expectation, observed));
  }
}

/** The formula for held times knows nothing of scheduling and warming up. */
const holdShare = 0.15;
const holdSeconds = 0.02;

/** How far a held time may be from what analysis says. */
export function holdTolerance(expectedSeconds: number): number {
  return holdShare * expectedSeconds + holdSeconds;
}
