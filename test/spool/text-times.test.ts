import assert from "node:assert/strict";
import { test } from "node:test";
import { TextTimes } from "../../src/spool/text-times.ts";

test("the time of a text is when its request got it, also when it comes back, and is never in the future", () => {
  let nowMs = 10_500;
  const times = new TextTimes(() => nowMs);
  const at = (ms: number, key: string): number | null => {
    nowMs = ms;
    return times.since("orders", key);
  };
  // Within the second of the start too, for a first request has to have a date.
  assert.equal(at(10_900, "a"), 10_000);
  assert.equal(at(15_000, "a"), 10_000);
  assert.equal(at(15_001, "b"), 15_000);
  assert.equal(at(15_002, "a"), null);
  assert.equal(at(17_999, "a"), 16_000);
  assert.equal(at(20_000, "b"), 20_000);
  // The clock is set back.
  assert.equal(at(12_000, "a"), null);
  assert.equal(at(21_000, "a"), 21_000);
  assert.equal(times.since("other", "a"), 21_000);
});

test("a request that was forgotten has no time that it may have had before", () => {
  let nowMs = 0;
  const times = new TextTimes(() => nowMs);
  nowMs = 5000;
  assert.equal(times.since("orders", "a"), 5000);
  for (let other = 0; other < 2000; other += 1) times.since(`other ${other}`, "a");
  assert.equal(times.since("orders", "b"), null);
  nowMs = 6000;
  assert.equal(times.since("orders", "b"), 6000);
});
