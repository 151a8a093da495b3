import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Clock } from "../../src/clock.ts";
import { type Progress, type ProgressLimits, ProgressWatch } from "../../src/stream/progress-watch.ts";

/** Lets seconds pass, each with the progress that `each` tells; gives the message and when it came. */
function watch(
  limits: ProgressLimits,
  seconds: number,
  each: (second: number) => Progress,
): { readonly message?: string; readonly second?: number } {
  mock.timers.enable({ apis: ["setInterval"] });
  try {
    let second = 0;
    const clock: Clock = { nowMs: () => second * 1000, wallMs: () => 0 };
    const messages: { message: string; second: number }[] = [];
    const watched = new ProgressWatch(
      limits,
      clock,
      () => each(second),
      (message) => messages.push({ message, second }),
    );
    while (second < seconds && messages.length === 0) {
      second += 1;
      mock.timers.tick(1000);
    }
    watched.stop();
    return messages[0] ?? {};
  } finally {
    mock.timers.reset();
  }
}

test("judges the rate over a minute of waiting for the client, not before", () => {
  const slow = watch({ minRateBytesPerSecond: 1000 }, 300, (second) => ({
    isWaiting: true,
    takenBytes: second * 999,
  }));
  assert.equal(slow.second, 60);
  assert.match(slow.message ?? "", /999 bytes a second, fewer than the 1000/);
  const fast = watch({ minRateBytesPerSecond: 1000 }, 300, (second) => ({
    isWaiting: true,
    takenBytes: second * 1000,
  }));
  assert.deepEqual(fast, {});
});

test("counts only time in which the client is waited for", () => {
  const half = watch({ minRateBytesPerSecond: 1_000_000 }, 300, (second) => ({
    isWaiting: second % 2 === 0,
    takenBytes: 0,
  }));
  assert.equal(half.second, 120);
  assert.deepEqual(
    watch({ minRateBytesPerSecond: 1000, idleTimeoutMs: 5000 }, 300, () => ({
      isWaiting: false,
      takenBytes: 0,
    })),
    {},
  );
});

test("lets a kernel buffer that empties in bursts pass", () => {
  const bursts = watch({ minRateBytesPerSecond: 1000 }, 300, (second) => ({
    isWaiting: true,
    takenBytes: Math.trunc(second / 50) * 60_000,
  }));
  assert.deepEqual(bursts, {});
});

test("never cuts a client that is slow but fine, however its progress shows, and cuts one that stalls", () => {
  // What was seen of a reader of 20,000 bytes a second: the kernel's buffers fill at once, then empty by a third.
  const slowButFine = (second: number): Progress => ({
    isWaiting: second > 0,
    takenBytes: 4_300_000 + Math.trunc(second / 75) * 1_500_000,
  });
  assert.deepEqual(watch({ minRateBytesPerSecond: 19_000 }, 3600, slowButFine), {});
  const stalled = watch({ minRateBytesPerSecond: 19_000 }, 7200, (second) =>
    slowButFine(Math.min(second, 3600)),
  );
  // At rest since second 3600: 2 MiB at 19,000 bytes a second are 111 seconds.
  assert.equal(stalled.second, 3600 + 111);
  assert.match(stalled.message ?? "", /The client took 0 bytes a second, fewer than the 19000 it must/);
});

test("times out after the idle time without any progress, counted anew after each", () => {
  const idle = watch({ idleTimeoutMs: 10_000 }, 300, (second) => ({
    isWaiting: true,
    takenBytes: Math.min(second, 20),
  }));
  assert.equal(idle.second, 30);
  assert.match(idle.message ?? "", /nothing for 10000 ms/);
});

test("needs no timer without limits", () => {
  const setInterval = mock.method(globalThis, "setInterval");
  for (const limits of [{}, { minRateBytesPerSecond: 0, idleTimeoutMs: 0 }]) {
    new ProgressWatch(
      limits,
      { nowMs: () => 0, wallMs: () => 0 },
      () => assert.fail("looked"),
      () => undefined,
    ).stop();
  }
  assert.equal(setInterval.mock.callCount(), 0);
  setInterval.mock.restore();
});
