import { isInRequest } from "../../result/measured-delivery.ts";
import { expectedHoldSeconds, usualKernelBytes } from "../../result/expected-hold-seconds.ts";
import type { PlannedArm } from "../../session/arm.ts";
import { holdTolerance, type Expectation, type MedianOf } from "../expectation.ts";
import type { RunPlan } from "../scenario.ts";

/** How exactly the readers have to keep their rate, and slots be held. */
const rateTolerance = 0.02;

/**
 * What is expected while slow readers read: each reader keeps its rate and holds one slot all the time. Slot time summed
 * equals the integral of busy slots, which the server counts separately.
 */
export function expectSlowReaders(
  { readers, readBytesPerSecond }: Pick<RunPlan, "readers" | "readBytesPerSecond">,
  arms: readonly PlannedArm[],
  medianOf: MedianOf,
): readonly Expectation[] {
  return arms.flatMap(({ id: arm, delivery }) => {
    // The result of a job may come from another machine.
    const slots = delivery === "job" ? null : readers;
    const expectations = [
      { arm, metric: "read_rate_bytes_per_s", expected: readBytesPerSecond },
      { arm, metric: "slots_held", expected: slots },
      { arm, metric: "busy_slots", expected: medianOf(arm, "slots_held") },
    ] as const;
    return expectations.flatMap(({ expected, ...place }): readonly Expectation[] =>
      expected === null ? [] : [{ ...place, expected, tolerance: rateTolerance * expected }],
    );
  });
}

/** How long analysis says a slot is held by one whole export that is read slowly, with the kernel's share as measured. */
export function expectSlowHolds(arms: readonly PlannedArm[], medianOf: MedianOf): readonly Expectation[] {
  return arms.flatMap(({ id, delivery, rows, rowsPerSecond }): readonly Expectation[] => {
    const bodyBytes = medianOf(id, "slow_body_bytes");
    const firstByte = medianOf(id, "slow_first_byte_s");
    const total = medianOf(id, "slow_total_s");
    if (!isInRequest(delivery) || bodyBytes === null || firstByte === null || total === null) return [];
    const expected = expectedHoldSeconds({
      delivery,
      bodyBytes,
      makingSeconds: delivery === "streaming" ? rows / rowsPerSecond : firstByte,
      bytesPerSecond: bodyBytes / Math.max(1e-6, total - firstByte),
      kernelBytes: medianOf(id, "slow_kernel_bytes") ?? usualKernelBytes,
    });
    return [{ arm: id, metric: "slow_held_s_per_export", expected, tolerance: holdTolerance(expected) }];
  });
}
