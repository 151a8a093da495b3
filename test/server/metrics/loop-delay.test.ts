import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { LoopDelay } from "../../../src/server/metrics/loop-delay.ts";

const windowMs = 15_000;

/** Keeps the event loop from its timers, and says for how many seconds. */
function standStill(): number {
  const start = performance.now();
  while (performance.now() - start < 150);
  return (performance.now() - start) / 1000;
}

test("sees a loop that stood still, for one window and into the next, and forgets it after two", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const delay = new LoopDelay();
  // Until both have taken a sample, so that the next one knows when it was due.
  await sleep(100);
  const stoodStillSeconds = standStill();
  await sleep(50);
  // Less than a sampling interval may have passed when the standstill began, and two are the least of any sample.
  const seenSeconds = delay.maxSeconds;
  assert.ok(seenSeconds >= stoodStillSeconds - 0.05, `${seenSeconds} of ${stoodStillSeconds} s`);
  t.mock.timers.tick(windowMs);
  assert.ok(delay.maxSeconds >= stoodStillSeconds - 0.05, "the other histogram covers the window before");
  t.mock.timers.tick(windowMs);
  // Begun anew in this very turn of the loop, so that nothing has been sampled.
  assert.equal(delay.maxSeconds, 0);
  assert.equal(delay.percentileSeconds(99), 0);
});
