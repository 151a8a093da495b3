import type { MetricId } from "../result/metric.ts";
import { median } from "../statistics/median.ts";
import type { PlannedArm } from "../session/arm.ts";
import { expectedHoldSeconds } from "../result/expected-hold.ts";
import type { ScenarioContext } from "./scenario.ts";

/** How far a held time may lie from what analysis says: the formula knows nothing of scheduling and of warming up. */
const tolerance = 0.15;
const toleranceSeconds = 0.02;
/** What the kernel holds of a connection between two processes of one machine, where it wasn't measured. */
const usualKernelBytes = 4 * 1024 ** 2;

type MedianOf = (arm: string, metric: MetricId) => number | null;

/**
 * Notes how long a slot is to be held at full speed beside how long it was. The making of rows is taken from the event
 * loop (streamed) or the client's first byte (the others), the drain rate from the client, so that nothing of it comes
 * from the slots themselves.
 */
export function checkHeldTimes(context: ScenarioContext, scenario: string): void {
  const medianOf = mediansIn(context, scenario);
  for (const { id, delivery } of context.plan.arms) {
    const [bodyBytes, firstByte, total, loop] = (
      ["body_bytes", "first_byte_s", "total_s", "loop_s_per_export"] as const
    ).map((metric) => medianOf(id, metric));
    if (delivery === null || bodyBytes === null || firstByte === null || total === null) continue;
    if (bodyBytes === undefined || firstByte === undefined || total === undefined) continue;
    const isStreamed = delivery === "streaming";
    // A stream at full speed drains as fast as it is made; how fast its client could, only the others show.
    const bytesPerSecond = isStreamed
      ? Number.POSITIVE_INFINITY
      : bodyBytes / Math.max(1e-6, total - firstByte);
    const expected = expectedHoldSeconds({
      delivery,
      bodyBytes,
      makingSeconds: isStreamed ? (loop ?? total) : firstByte,
      bytesPerSecond,
      kernelBytes: Math.min(usualKernelBytes, bodyBytes / 2),
    });
    // How much of it lies in the kernel when the server is done, is known only up to what fits in.
    const kernelSeconds = usualKernelBytes / bytesPerSecond;
    const observed = medianOf(id, "held_s_per_export");
    noteCheck(context, `${scenario}.${id}.held_s_per_export`, { expected, observed, kernelSeconds });
  }
}

/** The same for a whole export that was read slowly, with the kernel's share measured meanwhile. */
export function checkSlowHolds(context: ScenarioContext, arms: readonly PlannedArm[]): void {
  const medianOf = mediansIn(context, "slow-readers");
  for (const { id, delivery, rows } of arms) {
    const bodyBytes = medianOf(id, "slow_body_bytes");
    const firstByte = medianOf(id, "slow_first_byte_s");
    const total = medianOf(id, "slow_total_s");
    if (delivery === null || bodyBytes === null || firstByte === null || total === null) continue;
    const expected = expectedHoldSeconds({
      delivery,
      bodyBytes,
      makingSeconds: delivery === "streaming" ? rows / context.plan.rowsPerSecond : firstByte,
      bytesPerSecond: bodyBytes / Math.max(1e-6, total - firstByte),
      kernelBytes: medianOf(id, "slow_kernel_bytes") ?? usualKernelBytes,
    });
    const observed = medianOf(id, "slow_held_s_per_export");
    noteCheck(context, `slow-readers.${id}.slow_held_s_per_export`, { expected, observed });
  }
}

function mediansIn({ record }: ScenarioContext, scenario: string): MedianOf {
  const rounds = record.rounds.filter((round) => round.scenario === scenario && round.valid);
  return (arm, metric) => median(rounds.flatMap((round) => round.arms[arm]?.[metric] ?? []));
}

function noteCheck(
  { record }: ScenarioContext,
  id: string,
  {
    expected,
    observed,
    kernelSeconds = 0,
  }: {
    readonly expected: number;
    readonly observed: number | null;
    readonly kernelSeconds?: number;
  },
): void {
  if (observed === null) return;
  const allowed = tolerance * expected + toleranceSeconds + kernelSeconds;
  const ok = Math.abs(observed - expected) <= allowed;
  record.checks.push({ id, expected, observed, tolerance: allowed, ok });
}
