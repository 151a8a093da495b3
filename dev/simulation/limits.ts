import type { Fleet } from "./fleet.ts";
import type { Demand } from "./plan-jobs.ts";
import { redisCommandsPerSecond } from "./redis-commands.ts";
import type { Summary } from "./summary.ts";

/** What one part of the system carries, and what it can. */
export interface Limit {
  readonly what: string;
  readonly used: number;
  readonly most: number;
}

/** What isn't simulated. */
export interface Surroundings {
  readonly servers: number;
  readonly pollsPerJob: number;
}

/** Redis answers tens of thousands of commands a second; scripts take several times as long as one command. */
const redisMost = 10_000;
/** What AWS documents for one prefix of a bucket. */
const s3WritesMost = 3500;
const s3ReadsMost = 5500;

/** What is used most comes first: it breaks first when the load grows. */
export function limitsOf(
  demand: Demand,
  fleet: Fleet,
  summary: Summary,
  surroundings: Surroundings,
): readonly Limit[] {
  const { workers, concurrency, queue, download } = fleet;
  const { meanRunning, meanBytes, meanRequests: requests, longestQueue } = summary;
  const { jobsPerSecond } = demand;
  const redis = redisCommandsPerSecond({ jobsPerSecond, meanRunning, workers, ...surroundings });
  const limits: Limit[] = [
    { what: "slots of workers", used: meanRunning, most: workers * concurrency },
    { what: "waiting jobs, at most", used: longestQueue, most: queue },
    { what: "Redis commands/s", used: redis, most: redisMost },
  ];
  if (download.kind === "held") {
    const held = (jobsPerSecond * meanBytes) / download.clientBytesPerSecond;
    limits.push({ what: "slots of downloads", used: held, most: download.slots });
  } else {
    const writes = jobsPerSecond * (requests.writes + requests.deletes);
    limits.push({ what: "S3 writes and deletes/s", used: writes, most: s3WritesMost });
    limits.push({ what: "S3 reads/s", used: jobsPerSecond * requests.reads, most: s3ReadsMost });
  }
  return limits.toSorted((one, other) => other.used / other.most - one.used / one.most);
}
