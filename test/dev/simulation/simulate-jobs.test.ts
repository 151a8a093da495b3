import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../bench/statistics/random.ts";
import { faultlessFleet, type Fleet, type PlannedJob } from "../../../dev/simulation/fleet.ts";
import { simulateJobs } from "../../../dev/simulation/simulate-jobs.ts";

function jobs(...times: readonly (readonly [submitted: number, making: number])[]): readonly PlannedJob[] {
  return times.map(([submittedSeconds, makingSeconds]) => ({ submittedSeconds, makingSeconds, bytes: 100 }));
}

function simulate(planned: readonly PlannedJob[], fleet: Partial<Fleet>, random = seededRandom(1)) {
  return simulateJobs(planned, { ...faultlessFleet, workers: 1, concurrency: 1, ...fleet }, random);
}

test("jobs start in the order of their submission, as slots become free", () => {
  const {
    jobs: ended,
    longestQueue,
    runningSeconds,
  } = simulate(jobs([0, 10], [1, 2], [2, 4], [3.5, 1]), { concurrency: 2 });
  assert.deepEqual(
    ended.map(({ startedSeconds, endedSeconds }) => [startedSeconds, endedSeconds]),
    [
      [0, 10],
      [1, 3],
      [3, 7],
      [7, 8],
    ],
  );
  assert.deepEqual([longestQueue, runningSeconds], [1, 17]);
});

test("a full queue refuses jobs, which may be submitted again", () => {
  const { jobs: ended } = simulate(jobs([0, 10], [1, 1], [2, 1]), {
    queue: 1,
    resubmits: 1,
    resubmitSeconds: 60,
  });
  assert.deepEqual(
    ended.map(({ state }) => state),
    ["completed", "completed", "refused", "completed"],
  );
  assert.equal(ended[3]?.submittedSeconds, 62);
});

/** Random numbers by which workers die after these times, with a mean life of one second. */
function deathsAfter(...seconds: readonly number[]) {
  const left = [...seconds];
  return () => 1 - Math.exp(-(left.shift() ?? 1e6));
}

test("a job of a dead worker is taken over once after the stall, and failed after a second death", () => {
  const fleet = { deathEverySeconds: 1, restartSeconds: 1, stallSeconds: 25, takeovers: 1 };
  const once = simulate(jobs([0, 10]), fleet, deathsAfter(5, 1e6));
  assert.equal(once.deaths, 1);
  const [survivor] = once.jobs;
  assert.equal(survivor?.state, "completed");
  assert.equal(survivor.attempts, 2);
  assert.ok(Math.abs(survivor.endedSeconds - 40) < 1e-6);
  // It is back after 6 s, and dies again 26 s later, 2 s into the second attempt.
  const twice = simulate(jobs([0, 10]), fleet, deathsAfter(5, 26, 1e6));
  assert.deepEqual(
    twice.jobs.map(({ state, attempts }) => [state, attempts]),
    [["failed", 2]],
  );
  assert.ok(Math.abs((twice.jobs[0]?.endedSeconds ?? 0) - 57) < 1e-3);
});

test("with deaths, failures and refusals every submitted job ends exactly once", () => {
  const planned = Array.from({ length: 2000 }, (_, at) => ({
    submittedSeconds: at / 10,
    makingSeconds: 1 + (at % 7),
    bytes: 1000,
  }));
  const faulty = {
    workers: 10,
    concurrency: 4,
    queue: 20,
    deathEverySeconds: 30,
    restartSeconds: 5,
    failureShare: 0.1,
    resubmits: 2,
    resubmitSeconds: 3,
  };
  const { jobs: ended, deaths } = simulate(planned, faulty);
  const again = ended.length - planned.length;
  assert.ok(deaths > 10 && again > 100);
  for (const job of ended) {
    assert.ok(job.attempts <= 2);
    assert.equal(job.state === "refused", job.startedSeconds === null);
    assert.ok(
      job.endedSeconds >= job.submittedSeconds + (job.state === "completed" ? job.makingSeconds : 0) - 1e-6,
    );
  }
  const states = new Set(ended.map(({ state }) => state));
  assert.deepEqual([...states].toSorted(), ["completed", "failed", "refused"]);
  assert.deepEqual(simulate(planned, faulty).jobs, ended);
});

test("downloads wait for a held slot, and for none when they are redirected", () => {
  const planned = jobs([0, 1], [0, 1], [0, 1]);
  const held = { kind: "held", slots: 1, clientBytesPerSecond: 10 } as const;
  const waits = (fleet: Partial<Fleet>) =>
    simulate(planned, { concurrency: 3, ...fleet }).jobs.map((job) => job.downloadWaitSeconds);
  assert.deepEqual(waits({ download: held }), [0, 10, 20]);
  assert.deepEqual(waits({}), [null, null, null]);
});
