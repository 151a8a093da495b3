import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../../../../src/clock.ts";
import type { WorkerNumbers } from "../../../../src/server/metrics/server-stats.ts";
import { noNumbers } from "../../../../src/server/metrics/worker-number.ts";
import { WorkerLedger } from "../../../../src/server/primary/state/worker-ledger.ts";

const numbers = (some: Partial<WorkerNumbers>): WorkerNumbers => ({ ...noNumbers, ...some });

function makeLedger(): { readonly ledger: WorkerLedger; pass(ms: number): void } {
  let now = 0;
  const clock: Clock = { nowMs: () => now, wallMs: () => now };
  return { ledger: new WorkerLedger(clock), pass: (ms) => (now += ms) };
}

test("reports the age of a worker's last report", () => {
  const { ledger, pass } = makeLedger();
  ledger.start(7);
  ledger.record(7, numbers({ busySlots: 1 }));
  pass(2500);
  const [worker] = ledger.workers;
  assert.deepEqual([worker?.pid, worker?.busySlots, worker?.ageSeconds], [7, 1, 2.5]);
});

test("keeps the counters of a dead worker, clears its gauges, and continues the counters for its replacement", () => {
  const { ledger } = makeLedger();
  ledger.start(7);
  ledger.start(8);
  ledger.record(7, numbers({ cpuSeconds: 10, residentBytes: 500 }));
  ledger.record(8, numbers({ cpuSeconds: 3 }));
  ledger.leave(7);
  const dead = ledger.workers[0];
  assert.deepEqual(
    [dead?.pid, dead?.isRunning, dead?.cpuSeconds, dead?.residentBytes, dead?.restarts],
    [7, false, 10, 0, 0],
  );
  ledger.start(9);
  ledger.record(9, numbers({ cpuSeconds: 1, residentBytes: 300 }));
  ledger.record(9, numbers({ cpuSeconds: 2, residentBytes: 400 }));
  const [successor, other] = ledger.workers;
  assert.deepEqual([successor?.worker, successor?.pid, successor?.isRunning], [0, 9, true]);
  assert.deepEqual([successor?.cpuSeconds, successor?.residentBytes, successor?.restarts], [12, 400, 1]);
  assert.deepEqual([other?.worker, other?.cpuSeconds], [1, 3]);
  assert.equal(ledger.workers.length, 2);
  ledger.leave(9);
  ledger.start(10);
  ledger.record(10, numbers({ cpuSeconds: 1 }));
  assert.equal(ledger.workers[0]?.cpuSeconds, 13);
});

test("lists every worker from its start, before its first report", () => {
  const { ledger, pass } = makeLedger();
  ledger.start(7);
  ledger.start(8);
  pass(100);
  ledger.record(7, numbers({ slots: 3 }));
  assert.deepEqual(
    ledger.workers.map(({ pid, isRunning, slots }) => [pid, isRunning, slots]),
    [
      [7, true, 3],
      [8, true, 0],
    ],
  );
});

test("ignores the reports of a process that has ended or was never started", () => {
  const { ledger } = makeLedger();
  ledger.leave(7);
  ledger.record(7, numbers({ cpuSeconds: 1 }));
  assert.equal(ledger.workers.length, 0);
  ledger.start(8);
  ledger.leave(8);
  ledger.record(8, numbers({ cpuSeconds: 5 }));
  assert.equal(ledger.workers[0]?.cpuSeconds, 0);
});
