import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { seededRandom } from "../../../bench/statistics/random.ts";
import { faultlessFleet, type PlannedJob } from "../../../dev/simulation/fleet.ts";
import { planJobs } from "../../../dev/simulation/plan-jobs.ts";
import { simulateJobs } from "../../../dev/simulation/simulate-jobs.ts";
import { parseSizes } from "../../../dev/simulation/size-distribution.ts";
import { isCodedError } from "../../../src/errors.ts";
import { readExportParameters } from "../../../src/export/parameters.ts";
import { LocalEngine } from "../../../src/job/engine/local/local-engine.ts";
import type { JobStore } from "../../../src/job/job-store.ts";
import { hasEnded, type JobRequest, type JobResult } from "../../../src/job/job.ts";

const parameters = readExportParameters([["rows", "3"]]);
const result: JobResult = { rows: 3, bytes: 30, guardedCells: 0, sha256: "a".repeat(64) };

/** The request for the job of this number; its key says which one it is. */
function request(number: number): JobRequest {
  const text = { filename: "orders.csv", contentType: "text/csv" };
  return {
    export: "orders",
    parameters,
    version: null,
    key: String(number),
    owner: null,
    expectedRows: 3,
    ...text,
  };
}

/** What an engine did with a job, in milliseconds of the clock that it was given. */
interface Ran {
  readonly state: string;
  readonly startedMs: number | null;
  readonly endedMs: number;
}

/**
 * Gives the jobs to a real engine. Its clock is set by hand to each submission and each end, in their order, and the engine has
 * done everything it does by itself before the next one.
 */
async function runOnEngine(
  planned: readonly PlannedJob[],
  settings: { readonly concurrency: number; readonly queue: number },
): Promise<readonly Ran[]> {
  let nowMs = 0;
  const making = new Map<string, { readonly endMs: number; readonly end: () => void }>();
  const store: JobStore = {
    kind: "folder",
    make: ({ id, key }) =>
      new Promise((resolve) => {
        const endMs = nowMs + Math.round(planned[Number(key)]!.makingSeconds * 1000);
        making.set(id, { endMs, end: () => resolve(result) });
      }),
    adopt: () => Promise.resolve(true),
    offer: () => Promise.resolve({ kind: "url", url: "http://127.0.0.1/", headUrl: "http://127.0.0.1/" }),
    remove: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const folder = await mkdtemp(join(tmpdir(), "simulated-jobs-"));
  const clock = { nowMs: () => nowMs, wallMs: () => nowMs };
  const engine = await LocalEngine.open({
    folder,
    store,
    clock,
    uid: process.getuid?.(),
    newId: randomUUID,
    settings: { keepMs: 3_600_000, ...settings },
    log: pino({ level: "silent" }),
  });
  engine.begin();
  const settled = async (): Promise<void> => {
    for (;;) {
      const { queued, running } = await engine.stats();
      if (running === making.size && (queued === 0 || running === settings.concurrency)) return;
      await sleep(1);
    }
  };
  const ids: (string | null)[] = [];
  const endOne = async (id: string): Promise<void> => {
    const job = making.get(id)!;
    nowMs = job.endMs;
    making.delete(id);
    job.end();
    while (!hasEnded(await engine.get(id))) await sleep(1);
    await settled();
  };
  const endUntil = async (limitMs: number): Promise<void> => {
    for (;;) {
      const [next] = [...making].toSorted(([, one], [, other]) => one.endMs - other.endMs);
      if (next === undefined || next[1].endMs > limitMs) return;
      await endOne(next[0]);
    }
  };
  try {
    for (const [number, { submittedSeconds }] of planned.entries()) {
      const submittedMs = Math.round(submittedSeconds * 1000);
      await endUntil(submittedMs);
      nowMs = submittedMs;
      try {
        ids.push((await engine.submit(request(number))).job.id);
      } catch (error) {
        assert.ok(isCodedError(error) && error.code === "SCSV_JOB_QUEUE_FULL");
        ids.push(null);
      }
      await settled();
    }
    await endUntil(Number.POSITIVE_INFINITY);
    return await Promise.all(
      ids.map(async (id, number): Promise<Ran> => {
        if (id === null)
          return {
            state: "refused",
            startedMs: null,
            endedMs: Math.round(planned[number]!.submittedSeconds * 1000),
          };
        const { state, startedAt, endedAt } = await engine.get(id);
        return { state, startedMs: Date.parse(startedAt ?? ""), endedMs: Date.parse(endedAt ?? "") };
      }),
    );
  } finally {
    await engine.close();
    await rm(folder, { recursive: true });
  }
}

for (const [name, concurrency, queue] of [
  ["two at a time", 2, 1000],
  ["three at a time, with a short queue", 3, 2],
] as const) {
  test(`an engine starts, ends and refuses jobs as simulated: ${name}`, async () => {
    const sizes = parseSizes("p50=1MiB,p95=20MiB,p100=40MiB");
    const demand = { jobsPerSecond: 0.5, sizes, startSeconds: 1, bytesPerSecond: 1024 ** 2 };
    // Times of records are whole milliseconds.
    const planned = planJobs(demand, 60, seededRandom(3)).map((job) => ({
      bytes: job.bytes,
      submittedSeconds: Math.round(job.submittedSeconds * 1000) / 1000,
      makingSeconds: Math.round(job.makingSeconds * 1000) / 1000,
    }));
    const fleet = { ...faultlessFleet, workers: 1, concurrency, queue };
    const { jobs, longestQueue } = simulateJobs(planned, fleet, seededRandom(4));
    const simulated = jobs.map(({ state, startedSeconds, endedSeconds }) => ({
      state,
      startedMs: startedSeconds === null ? null : Math.round(startedSeconds * 1000),
      endedMs: Math.round(endedSeconds * 1000),
    }));
    assert.ok(longestQueue >= 2);
    assert.equal(
      jobs.some(({ state }) => state === "refused"),
      queue < 1000,
    );
    const real = await runOnEngine(planned, { concurrency, queue });
    assert.deepEqual(real, simulated);
  });
}
