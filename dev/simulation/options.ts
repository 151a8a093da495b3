import { parseArgs } from "node:util";
import { parseByteSize, parseDuration } from "../../src/units.ts";
import type { Fleet } from "./fleet.ts";
import type { Surroundings } from "./limits.ts";
import type { Demand } from "./plan-jobs.ts";
import { parseSizes } from "./size-distribution.ts";
import { leastRuns, type Effort } from "./summary.ts";

export const usage = `Usage: node dist/dev/simulation/main.js --jobs-per-second N [--workers N] [--concurrency N] [options]

  --jobs-per-second N    submitted jobs, which arrive at random
  --sizes SIZES          p50=20MiB,p95=400MiB,p100=2GiB (default), lognormal:MEDIAN,P95, exponential:MEAN or fixed:SIZE
  --speed SIZE           bytes that one job makes in a second (default 20MiB)
  --start DURATION       until the process of a job makes its first byte (default 1s)
  --workers N            processes that run jobs (default 2)
  --concurrency N        jobs that each runs at the same time (default 2)
  --queue N              jobs that may wait (default 1000)
  --wanted-wait DURATION searches the fewest workers with which 95 % of jobs wait at most so long
  --download KIND        redirect: from the store (default); held: each holds a slot of a server
  --client-speed SIZE    bytes that a client reads in a second, for held (default 2MiB)
  --slots N              slots of all servers together, for held (default 16)
  --death-every DURATION mean life of a worker (default: it never dies)
  --restart DURATION     until a dead worker is back (default 10s)
  --stall DURATION       until jobs of a dead worker are taken over (default 25s)
  --takeovers N          of one job, before it is failed (default 1; 0 for the local engine)
  --failures SHARE       share of attempts that fail by themselves (default 0)
  --resubmits N          how often a client submits a failed or refused job again, after a minute (default 0)
  --servers N            processes that take requests and run no jobs (default 2)
  --polls N              requests for its state by the client of a job (default 5)
  --jobs N, --runs N     jobs of one run, and runs (default 20000 and 11)
  --seed N               what all random numbers follow from (default 1)
`;

/** The options of the command line. */
export interface Options {
  readonly demand: Demand;
  readonly fleet: Fleet;
  readonly effort: Effort;
  readonly surroundings: Surroundings;
  readonly wantedWaitSeconds: number | null;
}

const resubmitSeconds = 60;

/** @throws Error for an unusable option */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      "jobs-per-second": { type: "string" },
      sizes: { type: "string", default: "p50=20MiB,p95=400MiB,p100=2GiB" },
      speed: { type: "string", default: "20MiB" },
      start: { type: "string", default: "1s" },
      workers: { type: "string", default: "2" },
      concurrency: { type: "string", default: "2" },
      queue: { type: "string", default: "1000" },
      "wanted-wait": { type: "string" },
      download: { type: "string", default: "redirect" },
      "client-speed": { type: "string", default: "2MiB" },
      slots: { type: "string", default: "16" },
      "death-every": { type: "string" },
      restart: { type: "string", default: "10s" },
      stall: { type: "string", default: "25s" },
      takeovers: { type: "string", default: "1" },
      failures: { type: "string", default: "0" },
      resubmits: { type: "string", default: "0" },
      servers: { type: "string", default: "2" },
      polls: { type: "string", default: "5" },
      jobs: { type: "string", default: "20000" },
      runs: { type: "string", default: "11" },
      seed: { type: "string", default: "1" },
    },
  });
  const whole = (name: keyof typeof values, least: number, most: number): number =>
    wholeOf(name, values[name] ?? "", least, most);
  const wanted = values["wanted-wait"];
  const deathEvery = values["death-every"];
  return {
    demand: {
      jobsPerSecond: numberOf("jobs-per-second", values["jobs-per-second"] ?? "", 1e-6, 1e5),
      sizes: parseSizes(values.sizes),
      startSeconds: parseDuration(values.start) / 1000,
      bytesPerSecond: positive("speed", values.speed, parseByteSize),
    },
    fleet: {
      workers: whole("workers", 1, 4096),
      concurrency: whole("concurrency", 1, 1000),
      queue: whole("queue", 1, 1e9),
      deathEverySeconds:
        deathEvery === undefined
          ? Number.POSITIVE_INFINITY
          : positive("death-every", deathEvery, parseDuration) / 1000,
      restartSeconds: parseDuration(values.restart) / 1000,
      stallSeconds: parseDuration(values.stall) / 1000,
      takeovers: whole("takeovers", 0, 1000),
      failureShare: numberOf("failures", values.failures, 0, 1),
      resubmits: whole("resubmits", 0, 100),
      resubmitSeconds,
      download: downloadOf(values.download, {
        slots: whole("slots", 1, 1e6),
        clientBytesPerSecond: positive("client-speed", values["client-speed"], parseByteSize),
      }),
    },
    effort: {
      jobs: whole("jobs", 100, 1e6),
      runs: whole("runs", leastRuns, 1000),
      seed: whole("seed", 0, 2 ** 52),
    },
    surroundings: { servers: whole("servers", 0, 1e5), pollsPerJob: numberOf("polls", values.polls, 0, 1e5) },
    wantedWaitSeconds: wanted === undefined ? null : parseDuration(wanted) / 1000,
  };
}

function downloadOf(
  kind: string,
  held: { readonly slots: number; readonly clientBytesPerSecond: number },
): Fleet["download"] {
  if (kind === "redirect") return { kind };
  if (kind === "held") return { kind, ...held };
  throw new RangeError(`--download "${kind}" is not known. Use redirect or held.`);
}

function positive(name: string, text: string, parse: (text: string) => number): number {
  const value = parse(text);
  if (value > 0) return value;
  throw new RangeError(`--${name} "${text}" must be above 0.`);
}

function wholeOf(name: string, text: string, least: number, most: number): number {
  const value = numberOf(name, text, least, most);
  if (Number.isInteger(value)) return value;
  throw new RangeError(`--${name} "${text}" is not a whole number.`);
}

function numberOf(name: string, text: string, least: number, most: number): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value >= least && value <= most) return value;
  throw new RangeError(`--${name} "${text}" is not a number from ${least} to ${most}.`);
}
