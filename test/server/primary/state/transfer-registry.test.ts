import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../../../src/clock.ts";
import type { StreamCsvError } from "../../../../src/errors.ts";
import { TransferRegistry } from "../../../../src/server/primary/state/transfer-registry.ts";
import type { EndState, TransferEnd, TransferStart } from "../../../../src/server/protocol/messages.ts";

function start(id: string, some: Partial<TransferStart> = {}): TransferStart {
  return {
    id,
    export: "orders",
    token: null,
    delivery: "streaming",
    expectedRows: 10,
    queueWaitSeconds: 0.25,
    startedAt: new Date(0).toISOString(),
    ...some,
  };
}

function end(id: string, state: EndState = "completed", some: Partial<TransferEnd> = {}): TransferEnd {
  return {
    id,
    state,
    rows: 10,
    bytes: 100,
    guardedCells: 0,
    sha256: null,
    firstByteSeconds: 0.02,
    heldSeconds: 2,
    error: null,
    ...some,
  };
}

test("keeps the latest thousand ended transfers, and all running ones however old they are", () => {
  const registry = new TransferRegistry(systemClock);
  registry.start(1, start("old and running"));
  for (let index = 0; index < 1500; index += 1) {
    registry.start(1, start(`t${index}`));
    registry.end(end(`t${index}`));
  }
  assert.equal(registry.list().length, 1001);
  assert.equal(registry.get("old and running").state, "running");
  assert.equal(registry.get("t500").state, "completed");
  assert.equal(registry.get("t1499").state, "completed");
  assert.throws(
    () => registry.get("t0"),
    (error: StreamCsvError) => error.code === "SCSV_UNKNOWN_TRANSFER",
  );
});

test("fails a dead worker's running transfers with their last progress, and no other transfer", () => {
  const registry = new TransferRegistry(systemClock);
  for (const id of ["ended", "cut"]) registry.start(7, start(id));
  registry.start(8, start("other"));
  registry.end(end("ended", "completed", { sha256: "ab" }));
  registry.update({ id: "cut", rows: 4, bytes: 40, guardedCells: 1 });
  registry.failAllOf(7, "The worker 7 was ended by SIGKILL.");
  assert.deepEqual(
    registry.list().map(({ id, state }) => [id, state]),
    [
      ["ended", "completed"],
      ["cut", "failed"],
      ["other", "running"],
    ],
  );
  const { rows, bytes, guardedCells, error, endedAt } = registry.get("cut");
  assert.deepEqual({ rows, bytes, guardedCells }, { rows: 4, bytes: 40, guardedCells: 1 });
  assert.equal(error?.code, "SCSV_WORKER_FAILED");
  assert.notEqual(endedAt, null);
});

test("counts each transfer once by outcome, and its times in cumulative buckets", async () => {
  const registry = new TransferRegistry(systemClock);
  for (const [id, state] of [
    ["a", "completed"],
    ["b", "client-gone"],
    ["c", "failed"],
  ] as const) {
    registry.start(1, start(id));
    registry.end(end(id, state, { firstByteSeconds: state === "failed" ? null : 0.02 }));
    registry.end(end(id, "completed"));
  }
  registry.start(1, start("d"));
  registry.start(1, start("e", { delivery: "file" }));
  const [streaming, file] = await registry.stats();
  assert.deepEqual(streaming?.transfers, {
    completed: 1,
    clientGone: 1,
    timedOut: 0,
    cancelled: 0,
    failed: 1,
  });
  assert.deepEqual([streaming?.running, streaming?.rows, streaming?.bytes], [1, 30, 300]);
  assert.deepEqual([streaming?.firstByteSeconds.count, streaming?.firstByteSeconds.sum], [2, 0.04]);
  assert.deepEqual(
    streaming?.firstByteSeconds.buckets.filter(({ upTo }) => upTo <= 0.025),
    [
      { upTo: 0.005, count: 0 },
      { upTo: 0.01, count: 0 },
      { upTo: 0.025, count: 2 },
    ],
  );
  assert.deepEqual([streaming?.durationSeconds.count, streaming?.durationSeconds.sum], [3, 6]);
  assert.equal(streaming?.queueWaitSeconds.sum, 0.75);
  assert.deepEqual([file?.running, file?.durationSeconds.count], [1, 0]);
});

test("measures the held time of a lost transfer by the monotonic clock", async () => {
  const clock = { now: 0, wall: 1e12, nowMs: () => clock.now, wallMs: () => clock.wall };
  const registry = new TransferRegistry(clock);
  registry.start(7, start("lost", { startedAt: new Date(clock.wall).toISOString() }));
  clock.now = 1500;
  // The time of day is set back by two hours.
  clock.wall -= 7_200_000;
  registry.failAllOf(7, "The worker 7 was ended by SIGKILL.");
  assert.equal(registry.get("lost").heldSeconds, 1.5);
  assert.equal((await registry.stats())[0]?.heldSeconds, 1.5);
});
