import type { MetricId } from "../../result/metric.ts";
import type { Expectation, MedianOf } from "../expectation.ts";
import type { SyncWorkersArm } from "./sync-workers-arms.ts";

/** How far what is seen may be from what is expected: handing over takes time, and so does reading to the end. */
const tolerance = { ratio: 0.05, clients: 0.1, held: 0.25 } as const;
const heldToleranceSeconds = 0.05;

/**
 * What a closed loop of k clients at c workers has to give: k/c of the workers are busy up to c, then all of them, and
 * k − c clients wait. It takes g seconds to make the rows, and d to read all but what lies in the kernel. A streamed
 * export holds its worker for the longer of both, a buffered one for both, a prepared file for d. A client waits for as
 * many holds as there are clients to be served before it.
 */
export function expectSyncWorkers(
  { id: arm, delivery, clients }: SyncWorkersArm,
  { workers, drainSeconds }: { readonly workers: number; readonly drainSeconds: number },
  medianOf: MedianOf,
): readonly Expectation[] {
  // Its short requests take workers too, and its result may come from another machine.
  if (delivery === "job") return [];
  const waiting = Math.max(0, clients - workers);
  const held = {
    streaming: Math.max(drainSeconds, medianOf(arm, "loop_s_per_export") ?? 0),
    // Its first byte comes when all of it is made.
    buffered: drainSeconds + (medianOf(arm, "first_byte_s") ?? 0) - (medianOf(arm, "queue_wait_s") ?? 0),
    file: drainSeconds,
  }[delivery ?? "streaming"];
  const heldTolerance = tolerance.held * held + heldToleranceSeconds;
  const expectations: readonly (readonly [metric: MetricId, expected: number, tolerance: number])[] = [
    ["utilisation_ratio", Math.min(1, clients / workers), tolerance.ratio],
    ["all_busy_ratio", clients < workers ? 0 : 1, tolerance.ratio],
    ["waiting_clients", waiting, tolerance.clients],
    ["held_s_per_export", held, heldTolerance],
    ["queue_wait_s", (waiting / workers) * (medianOf(arm, "held_s_per_export") ?? held), heldTolerance],
  ];
  return expectations.map(([metric, expected, allowed]) => ({ arm, metric, expected, tolerance: allowed }));
}
