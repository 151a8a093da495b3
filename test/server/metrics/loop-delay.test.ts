import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { LoopDelay } from "../../../src/server/metrics/loop-delay.ts";

test("measures a blocked loop, and less than the sampling interval for an idle one", async () => {
  const delay = new LoopDelay();
  await sleep(200);
  const standstillMs = 150;
  const until = performance.now() + standstillMs;
  while (performance.now() < until);
  await sleep(50);
  // At least this long, because the blocking may begin in the middle of an interval.
  assert.ok(delay.maxSeconds >= (standstillMs - 20) / 1000, String(delay.maxSeconds));
  assert.ok(delay.percentileSeconds(50) < delay.maxSeconds);
  assert.ok(delay.percentileSeconds(99) <= delay.maxSeconds + 0.001);
  assert.ok(delay.percentileSeconds(1) >= 0);
});
