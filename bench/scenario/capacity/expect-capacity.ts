import { bytesPerRow, type PlannedArm } from "../../session/arm.ts";
import type { RunPlan } from "../scenario.ts";

/** What bounds the readers of a server by analysis. */
export interface CapacityBound {
  readonly readers: number;
  /** What bounds them, as the end of "bounded by". */
  readonly by: string;
}

/** What the bound of an arm depends on. */
export interface CapacityFactors {
  readonly arm: Pick<PlannedArm, "body" | "delivery" | "rowsPerSecond" | "target">;
  readonly plan: Pick<
    RunPlan,
    "readBytesPerSecond" | "bufferMemoryBytes" | "workers" | "workerModel" | "slots"
  >;
  readonly bodyBytes: number;
}

/**
 * The most slow readers that a server can carry by analysis: the smallest of its places, what it can make, and what it can
 * hold. Each async worker of ours has its slots. A sync worker is one slot, and one of them has to stay free for short
 * requests. A worker that makes rows at full speed makes so many bytes a second, which its readers share. A buffered
 * delivery holds each body in memory. Of another server only the speed of one export is known: it may have more workers,
 * so that this is where one of them ends.
 */
export function capacityBound({ arm, plan, bodyBytes }: CapacityFactors): CapacityBound {
  const { delivery, target } = arm;
  const isOurs = target.isStreamCsv;
  const bounds: CapacityBound[] = [];
  if (!isOurs || delivery === "streaming") {
    const bytesPerSecond = arm.rowsPerSecond * bytesPerRow(arm) * (isOurs ? plan.workers : 1);
    bounds.push({
      readers: Math.floor(bytesPerSecond / plan.readBytesPerSecond),
      by: "how fast rows are made",
    });
  }
  if (isOurs) {
    bounds.push(
      plan.workerModel === "sync"
        ? { readers: plan.workers - 1, by: "its sync workers, of which one is left for short requests" }
        : { readers: plan.workers * plan.slots, by: "the slots of its workers" },
    );
  }
  if (isOurs && delivery === "buffered") {
    bounds.push({
      readers: Math.floor(plan.bufferMemoryBytes / bodyBytes),
      by: "the memory for buffered bodies",
    });
  }
  return bounds.reduce((least, bound) => (bound.readers < least.readers ? bound : least));
}
