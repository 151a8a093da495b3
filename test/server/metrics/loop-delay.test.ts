import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { LoopDelay } from "../../../src/server/metrics/loop-delay.ts";

test("sees a loop that stood still, and calls one that idles punctual by less than its sampling interval", async () => {
  const delay = new LoopDelay();
  await sleep(200);
  const standstillMs = 150;
  const until = performance.now() + standstillMs;
  while (performance.now() < until);
  await sleep(50);
  // At least as long, since the standstill may begin in the midst of an interval.
  assert.ok(delay.maxSeconds >= (standstillMs - 20) / 1000, String(delay.maxSeconds));
  assert.ok(delay.percentileSeconds(50) < delay.maxSeconds);
  assert.ok(delay.percentileSeconds(99) <= delay.maxSeconds + 0.001);
  assert.ok(delay.percentileSeconds(1) >= 0);
});
