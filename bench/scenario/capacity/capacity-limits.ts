import type { LatencySummary } from "../../load/probe-latency.ts";

/** What a server has to keep while slow readers read; fixed before the run. */
const limits = {
  /** The 99th percentile of short requests may be this long, */
  pingP99Seconds: 0.1,
  /** or this many times as long as without readers, on a machine that is busy with other things. */
  pingP99Times: 5,
  /** The share of readers that may be refused, cut or kept waiting, and of short requests that may fail. */
  errorRatio: 0.01,
  /** A reader that gets less than this share of its rate isn't carried. */
  rateShare: 0.9,
} as const;

/** What was seen while so many readers read. */
export interface Step {
  readonly readers: number;
  /** Readers that failed, were refused, or had no first byte when they were watched. */
  readonly unserved: number;
  /** The first failure of a reader, in a sentence; null without one. */
  readonly problem: string | null;
  /** The median rate of those that were served, over the rate they asked for; null when none was. */
  readonly rateShare: number | null;
  /** null for a server without short requests. */
  readonly ping: LatencySummary | null;
}

/** How long the 99th percentile of short requests may be, where it is so long without readers. */
export function longestPingSeconds(idle: LatencySummary | null): number {
  const idleSeconds = idle === null || idle.failed > 0 ? 0 : idle.p99Ms / 1000;
  return Math.max(limits.pingP99Seconds, limits.pingP99Times * idleSeconds);
}

/**
 * Which limit a step breaks, in words; null when it keeps all.
 * @param longestSeconds the 99th percentile that short requests may have
 */
export function brokenLimit(
  { readers, unserved, problem, rateShare, ping }: Step,
  longestSeconds: number,
): string | null {
  if (unserved > limits.errorRatio * readers) {
    const what = problem ?? `only ${readers - unserved} had their first byte when they were watched`;
    return `${unserved} of ${readers} readers were not served: ${what}`;
  }
  if (rateShare !== null && rateShare < limits.rateShare) {
    return `a reader got ${Math.round(rateShare * 100)} % of its rate`;
  }
  if (ping === null) return null;
  const asked = ping.answered + ping.failed;
  if (ping.failed > limits.errorRatio * asked) {
    return `${ping.failed} of ${asked} short requests had no answer`;
  }
  if (ping.p99Ms > longestSeconds * 1000) {
    return `one short request in a hundred took ${Math.round(ping.p99Ms)} ms or more`;
  }
  return null;
}
