import { isInRequest } from "../../result/measured-delivery.ts";
import { expectedHoldSeconds, usualKernelBytes } from "../../result/expected-hold-seconds.ts";
import type { PlannedArm } from "../../session/arm.ts";
import { holdTolerance, type Expectation, type MedianOf } from "../expectation.ts";

/**
 * How long analysis says a slot is held at full speed. The time to make the rows comes from the event loop (streamed) or
 * the client's first byte (the others), and the drain rate comes from the client: nothing of it comes from the slots.
 */
export function expectHeldTimes(arms: readonly PlannedArm[], medianOf: MedianOf): readonly Expectation[] {
  return arms.flatMap(({ id, delivery }): readonly Expectation[] => {
    const bodyBytes = medianOf(id, "body_bytes");
    const firstByte = medianOf(id, "first_byte_s");
    const total = medianOf(id, "total_s");
    if (!isInRequest(delivery) || bodyBytes === null || firstByte === null || total === null) return [];
    const isStreamed = delivery === "streaming";
    // A stream at full speed drains as fast as it is made. How fast the client could read shows only in the others.
    const bytesPerSecond = isStreamed
      ? Number.POSITIVE_INFINITY
      : bodyBytes / Math.max(1e-6, total - firstByte);
    const expected = expectedHoldSeconds({
      delivery,
      bodyBytes,
      makingSeconds: isStreamed ? (medianOf(id, "loop_s_per_export") ?? total) : firstByte,
      bytesPerSecond,
      kernelBytes: Math.min(usualKernelBytes, bodyBytes / 2),
    });
    // How many bytes lie in the kernel when the server is done is only known up to what fits in.
    const tolerance = holdTolerance(expected) + usualKernelBytes / bytesPerSecond;
    return [{ arm: id, metric: "held_s_per_export", expected, tolerance }];
  });
}
