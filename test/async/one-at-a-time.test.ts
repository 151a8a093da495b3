import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { OneAtATime } from "../../src/async/one-at-a-time.ts";

test("begins no run while one is under way, and another one after it", async () => {
  const ends: (() => void)[] = [];
  const work = new OneAtATime(() => new Promise((resolve) => void ends.push(resolve)));
  const isRunning = (): boolean => work.running !== undefined;
  assert.ok(!isRunning());
  work.begin();
  work.begin();
  assert.ok(isRunning());
  assert.equal(ends.length, 1);
  ends[0]?.();
  await setImmediate();
  assert.ok(!isRunning());
  work.begin();
  assert.equal(ends.length, 2);
  ends[1]?.();
});
