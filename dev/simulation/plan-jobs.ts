import type { Random } from "../../bench/statistics/random.ts";
import type { PlannedJob } from "./fleet.ts";
import { exponential, type SizeDistribution } from "./size-distribution.ts";

/** What clients ask for, and how fast one process makes it. */
export interface Demand {
  readonly jobsPerSecond: number;
  readonly sizes: SizeDistribution;
  /** Until a process of a job makes its first byte. */
  readonly startSeconds: number;
  readonly bytesPerSecond: number;
}

/** Jobs that arrive independently of each other: a Poisson process. */
export function planJobs(demand: Demand, count: number, random: Random): readonly PlannedJob[] {
  let submittedSeconds = 0;
  return Array.from({ length: count }, () => {
    submittedSeconds += exponential(random, 1 / demand.jobsPerSecond);
    const bytes = demand.sizes(random);
    return { submittedSeconds, bytes, makingSeconds: demand.startSeconds + bytes / demand.bytesPerSecond };
  });
}
