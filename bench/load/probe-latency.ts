import type { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Histogram } from "hdr-histogram-js";
import { eitherSignal, type Clock } from "../../src/ground.ts";
import { keepAliveAgent, startRequest, type RequestForm } from "../http/start-request.ts";
import type { Random } from "../statistics/random.ts";
import { isGoodStatus } from "./response-head.ts";

/** How short requests are spread over time. */
export interface LatencyProbeOptions extends Pick<RequestForm, "headers"> {
  /** Requests per second on average. The times between them are exponential, so that they sample the server evenly. */
  readonly ratePerSecond: number;
  readonly durationMs: number;
  /**
   * How long after its end answers are waited for; a request without one has failed.
   * @default 10000
   */
  readonly graceMs?: number;
  readonly random: Random;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** How late short requests were answered, counted from when each was due. */
export interface LatencySummary {
  readonly answered: number;
  /** Requests that failed, or were not answered with a 2xx. */
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly meanMs: number;
  readonly longestMs: number;
}

/** Timers are late by up to about a millisecond, so the last part is waited for in turns of the event loop. */
const turnsMs = 2;
const usualGraceMs = 10_000;

/**
 * Asks for a small answer on an open schedule: a request starts when it is due, whether those before it are answered or
 * not, and its latency counts from when it was due. A closed loop would wait for a slow server, and so leave out exactly
 * the requests that are slow (coordinated omission).
 */
export async function probeLatency(url: URL, options: LatencyProbeOptions): Promise<LatencySummary> {
  const { ratePerSecond, durationMs, graceMs = usualGraceMs, random, clock, signal } = options;
  // Loaded only now, because it is the heaviest module of the bench.
  const { build } = await import("hdr-histogram-js");
  // In whole microseconds, to three significant digits.
  const latencies = build({ highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: 3 });
  const agent = keepAliveAgent(url);
  const form = { agent, headers: options.headers ?? {} };
  const answers: Promise<boolean>[] = [];
  const giveUp = new AbortController();
  const over = eitherSignal(signal, giveUp.signal);
  let givingUp: NodeJS.Timeout | undefined;
  try {
    const startMs = clock.nowMs();
    let dueMs = startMs;
    for (;;) {
      dueMs += (-Math.log(1 - random()) / ratePerSecond) * 1000;
      if (dueMs > startMs + durationMs) break;
      await waitUntil(dueMs, clock, signal);
      const wasDueMs = dueMs;
      answers.push(
        ask(url, form, over).then((isGood) => {
          if (isGood !== null) latencies.recordValue(microseconds(clock.nowMs() - wasDueMs));
          return isGood ?? false;
        }),
      );
    }
    givingUp = setTimeout(() => giveUp.abort(), graceMs);
    const summary = summaryOf(latencies, await Promise.all(answers));
    signal.throwIfAborted();
    return summary;
  } finally {
    clearTimeout(givingUp);
    giveUp.abort();
    agent.destroy();
  }
}

async function waitUntil(dueMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const timerMs = dueMs - clock.nowMs() - turnsMs;
  if (timerMs > 0) await sleep(timerMs, undefined, { signal });
  while (clock.nowMs() < dueMs) await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}

function microseconds(milliseconds: number): number {
  return Math.max(1, Math.round(milliseconds * 1000));
}

/** @returns whether it was answered with a 2xx; null when it was not answered */
function ask(
  url: URL,
  form: { readonly agent: Agent; readonly headers: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<boolean | null> {
  return new Promise((resolve) => {
    const request = startRequest(url, { ...form, signal }, (response) => {
      response.resume();
      response.on("end", () => resolve(isGoodStatus(response.statusCode ?? 0)));
      response.on("error", () => resolve(null));
    });
    request.on("error", () => resolve(null));
    request.end();
  });
}

function summaryOf(latencies: Histogram, answers: readonly boolean[]): LatencySummary {
  const answered = answers.filter(Boolean).length;
  const longest = latencies.maxValue;
  // A percentile is the upper end of its bucket, which may be above the largest value.
  const percentileMs = (percentile: number): number =>
    Math.min(latencies.getValueAtPercentile(percentile), longest) / 1000;
  return {
    answered,
    failed: answers.length - answered,
    p50Ms: percentileMs(50),
    p99Ms: percentileMs(99),
    meanMs: latencies.mean / 1000,
    longestMs: longest / 1000,
  };
}
