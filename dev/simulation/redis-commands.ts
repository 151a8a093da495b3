/** Measured with `redis-cli info commandstats`; docs/guides/jobs.md has the same numbers. */
const scriptsPerJob = 6.1;
const scriptsPerRunningSecond = 1;
/** 22 scripts of two processes in 10 s. */
const scriptsPerProcessSecond = 1.1;
/** Of a process that runs jobs: 3 commands every 5 s. */
const commandsPerWorkerSecond = 0.6;

/** What uses Redis. */
export interface RedisLoad {
  /** Submitted, with those that are submitted again. */
  readonly jobsPerSecond: number;
  readonly meanRunning: number;
  /** Processes of `serve` that run no jobs, and of `serve` or `work` that run jobs. */
  readonly servers: number;
  readonly workers: number;
  /** Requests for its state by the client of one job. */
  readonly pollsPerJob: number;
}

/** Commands from clients that Redis gets in a second. */
export function redisCommandsPerSecond(load: RedisLoad): number {
  return (
    load.jobsPerSecond * (scriptsPerJob + load.pollsPerJob) +
    load.meanRunning * scriptsPerRunningSecond +
    (load.servers + load.workers) * scriptsPerProcessSecond +
    load.workers * commandsPerWorkerSecond
  );
}
