import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { insideNumbers } from "../../../bench/index.ts";

test("held time of several slots agrees with the integral of busy ones, and each is given back once", async () => {
  const inside = insideNumbers();
  const first = inside.begin();
  const second = inside.begin(0.5);
  assert.equal(inside.read().total.busySlots, 2);
  await sleep(20);
  first();
  first();
  assert.equal(inside.read().total.busySlots, 1);
  await sleep(20);
  second();
  const { total, workers, uptimeSeconds } = inside.read();
  assert.equal(total.busySlots, 0);
  assert.equal(total.queueWaitSeconds, 0.5);
  assert.ok(Math.abs(total.heldSeconds - total.busySlotSeconds) < 1e-6);
  assert.ok(total.heldSeconds >= 0.055 && uptimeSeconds > 0);
  assert.ok(total.heapUsedBytes > 0 && total.cpuSeconds >= 0 && total.loopSeconds >= 0);
  assert.deepEqual(workers, [{ pid: process.pid }]);
});

test("a blocked event loop shows as busy, and as late", async () => {
  const inside = insideNumbers();
  await sleep(30);
  const untilMs = performance.now() + 80;
  while (performance.now() < untilMs);
  await sleep(30);
  const { total } = inside.read();
  assert.ok(total.loopSeconds >= 0.07, `${total.loopSeconds}`);
  assert.ok(total.loopDelayMaxSeconds >= 0.05, `${total.loopDelayMaxSeconds}`);
});
