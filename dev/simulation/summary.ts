import { medianBounds, type MedianBounds } from "../../bench/statistics/median-bounds.ts";
import { percentile } from "../../bench/statistics/percentile.ts";
import { seededRandom } from "../../bench/statistics/random.ts";
import type { Fleet } from "./fleet.ts";
import { planJobs, type Demand } from "./plan-jobs.ts";
import { requestsInAll, type S3Requests } from "./s3-requests.ts";
import { simulateJobs, type Simulated } from "./simulate-jobs.ts";

/** How much is simulated. */
export interface Effort {
  /** Of one run; the first tenth of them fills the fleet and isn't counted. */
  readonly jobs: number;
  /** Independent runs, each with random numbers of its own. */
  readonly runs: number;
  readonly seed: number;
}

/** Over the runs: medians with bounds, which assume nothing of the form of the distribution. */
export interface Summary {
  readonly meanWaitSeconds: MedianBounds;
  readonly p95WaitSeconds: MedianBounds;
  readonly p95TotalSeconds: MedianBounds;
  /** Null where downloads hold no slots. */
  readonly p95DownloadWaitSeconds: MedianBounds | null;
  readonly meanRunning: number;
  readonly meanBytes: number;
  /** Of a job whose result is downloaded once. */
  readonly meanRequests: S3Requests;
  readonly longestQueue: number;
  /** Of all runs, with the first jobs. */
  readonly counts: {
    readonly submitted: number;
    readonly refused: number;
    readonly failed: number;
    readonly takenOver: number;
    readonly deaths: number;
  };
}

/** Of each bound. */
const level = 0.975;
/** Fewer runs have no bounds of that level. */
export const leastRuns = 6;

/** Simulates some runs of one fleet. Equal arguments give equal numbers. */
export function summarize(demand: Demand, fleet: Fleet, effort: Effort): Summary {
  const runs = Array.from({ length: effort.runs }, (_, index) => {
    const seed = effort.seed + 2 * index;
    // The jobs are the same for each fleet, whatever happens to it.
    const planned = planJobs(demand, effort.jobs, seededRandom(seed));
    return simulateJobs(planned, fleet, seededRandom(seed + 1));
  });
  const measured = runs.map(measure);
  const all = runs.flatMap(({ jobs }) => jobs);
  const requests = all.map(({ bytes }) => requestsInAll(bytes, 1));
  return {
    meanWaitSeconds: boundsOf(measured.map(({ meanWait }) => meanWait)),
    p95WaitSeconds: boundsOf(measured.map(({ p95Wait }) => p95Wait)),
    p95TotalSeconds: boundsOf(measured.map(({ p95Total }) => p95Total)),
    p95DownloadWaitSeconds:
      fleet.download.kind === "held" ? boundsOf(measured.map(({ p95Download }) => p95Download)) : null,
    meanRunning:
      sum(runs.map(({ runningSeconds }) => runningSeconds)) / sum(runs.map((run) => run.lastEndSeconds)),
    meanBytes: meanOf(all.map(({ bytes }) => bytes)),
    meanRequests: {
      writes: meanOf(requests.map(({ writes }) => writes)),
      reads: meanOf(requests.map(({ reads }) => reads)),
      deletes: meanOf(requests.map(({ deletes }) => deletes)),
    },
    longestQueue: runs.reduce((most, { longestQueue }) => Math.max(most, longestQueue), 0),
    counts: {
      submitted: all.length,
      refused: all.filter(({ state }) => state === "refused").length,
      failed: all.filter(({ state }) => state === "failed").length,
      takenOver: all.filter(({ attempts }) => attempts > 1).length,
      deaths: sum(runs.map(({ deaths }) => deaths)),
    },
  };
}

function measure({ jobs }: Simulated) {
  const counted = jobs.slice(Math.floor(jobs.length / 10));
  const waits = counted.flatMap(({ submittedSeconds, startedSeconds }) =>
    startedSeconds === null ? [] : [startedSeconds - submittedSeconds],
  );
  const completed = counted.filter(({ state }) => state === "completed");
  const downloads = completed.flatMap(({ downloadWaitSeconds: wait }) => (wait === null ? [] : [wait]));
  return {
    meanWait: meanOf(waits),
    p95Wait: percentile(waits, 0.95) ?? 0,
    p95Total:
      percentile(
        completed.map((job) => job.endedSeconds - job.submittedSeconds),
        0.95,
      ) ?? 0,
    p95Download: percentile(downloads, 0.95) ?? 0,
  };
}

function boundsOf(values: readonly number[]): MedianBounds {
  const bounds = medianBounds(values, level);
  if (bounds === null) throw new RangeError(`${values.length} runs are too few: use at least ${leastRuns}.`);
  return bounds;
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
