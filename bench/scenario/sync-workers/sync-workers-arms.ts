import { distinctArms, type PlannedArm } from "../../session/arm.ts";
import type { RunPlan } from "../scenario.ts";

/** An arm that is asked by a number of clients at once. */
export interface SyncWorkersArm extends PlannedArm {
  readonly clients: number;
}

/** The arms whose servers can have sync workers, each started with them. */
export function armsWithWorkers({ arms, syncWorkers }: RunPlan): readonly PlannedArm[] {
  return distinctArms(arms).flatMap((arm) => {
    const target = arm.target.withSyncWorkers?.(syncWorkers);
    return target === undefined ? [] : [{ ...arm, target }];
  });
}

/** Numbers of clients at which some workers are free, half of them, none, and then one and two clients too many. */
export function clientCounts({ syncWorkers: workers }: RunPlan): readonly number[] {
  return [...new Set([1, Math.ceil(workers / 2), workers, workers + 1, workers + 2])];
}

/** An arm with its number of clients. */
export function withClients(arm: PlannedArm, clients: number, rows: number): SyncWorkersArm {
  return { ...arm, id: `${arm.id}-${clients}-client${clients === 1 ? "" : "s"}`, rows, clients };
}
