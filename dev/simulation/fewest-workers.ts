import type { Fleet } from "./fleet.ts";
import type { Demand } from "./plan-jobs.ts";
import { summarize, type Effort, type Summary } from "./summary.ts";

/** More aren't tried. */
const mostWorkers = 4096;

/** A number of workers and what it gives. */
export interface FoundFleet {
  readonly workers: number;
  readonly summary: Summary;
}

/**
 * The fewest workers with which 95 % of jobs wait at most so long, and none is refused. The search halves an interval: it
 * assumes that more workers never make jobs wait longer.
 * @returns null when 4096 aren't enough
 */
export function fewestWorkers(
  demand: Demand,
  fleet: Fleet,
  effort: Effort,
  wantedSeconds: number,
): FoundFleet | null {
  const attempt = (workers: number): FoundFleet & { readonly isEnough: boolean } => {
    const summary = summarize(demand, { ...fleet, workers }, effort);
    const isEnough = summary.p95WaitSeconds.median <= wantedSeconds && summary.counts.refused === 0;
    return { workers, summary, isEnough };
  };
  let tooFew = 0;
  let found = attempt(1);
  while (!found.isEnough) {
    if (found.workers >= mostWorkers) return null;
    tooFew = found.workers;
    found = attempt(found.workers * 2);
  }
  while (found.workers - tooFew > 1) {
    const middle = attempt(Math.floor((tooFew + found.workers) / 2));
    if (middle.isEnough) found = middle;
    else tooFew = middle.workers;
  }
  return { workers: found.workers, summary: found.summary };
}
