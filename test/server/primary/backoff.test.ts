import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../../../src/server/primary/backoff.ts";

test("a worker that ran long enough is replaced at once, and so is the next one", () => {
  const { backoff, live } = begin();
  for (let death = 0; death < 3; death += 1) {
    live(60_000);
    assert.equal(backoff.died(), 0);
  }
});

test("the first replacement comes at once even for a worker that failed early", () => {
  const { backoff, live } = begin();
  live(1);
  assert.equal(backoff.died(), 0);
});

test("replacements that fail early are delayed more and more, up to five seconds", () => {
  const { backoff, live } = begin();
  const delays = Array.from({ length: 9 }, () => {
    live(500);
    return backoff.died();
  });
  assert.deepEqual(delays, [0, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
});

test("a replacement that runs long enough resets the delay", () => {
  const { backoff, live } = begin();
  live(500);
  backoff.died();
  live(500);
  assert.equal(backoff.died(), 100);
  live(10_000);
  assert.equal(backoff.died(), 0);
  live(9_999);
  assert.equal(backoff.died(), 100);
});

/** A backoff whose workers run for the given times. */
function begin(): { readonly backoff: Backoff; readonly live: (milliseconds: number) => void } {
  let nowMs = 1_000_000;
  const backoff = new Backoff({ nowMs: () => nowMs, wallMs: () => 0 });
  const live = (milliseconds: number): void => {
    backoff.started();
    nowMs += milliseconds;
  };
  return { backoff, live };
}
