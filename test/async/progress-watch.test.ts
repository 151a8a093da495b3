import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Clock } from "../../src/clock.ts";
import { type Progress, type ProgressLimits, ProgressWatch } from "../../src/async/progress-watch.ts";

/** Lets seconds pass, each with the progress that `each` returns; returns the message and its time. */
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

test("cuts a client once it is a minute behind its rate, not before, and no client that keeps up", () => {
  const limits = { minRateBytesPerSecond: 100_000 };
  const stalled = watch(limits, 300, () => ({ isWaiting: true, takenBytes: 0 }));
  assert.equal(stalled.second, 60);
  assert.match(stalled.message ?? "", /6000000 bytes behind the 100000 bytes per second/);
  const half = watch(limits, 300, (second) => ({ isWaiting: true, takenBytes: second * 50_000 }));
  assert.equal(half.second, 120);
  const enough = watch(limits, 3600, (second) => ({ isWaiting: true, takenBytes: second * 100_000 }));
  assert.deepEqual(enough, {});
});

test("gives no credit for bytes that a client took fast before it stalled", () => {
  const stalling = watch({ minRateBytesPerSecond: 100_000 }, 3600, (second) => ({
    isWaiting: second > 100,
    takenBytes: Math.min(second, 100) * 50_000_000,
  }));
  assert.equal(stalling.second, 160);
});

test("counts only the time in which the server waits for the client", () => {
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

test("accepts a kernel buffer that empties in bursts", () => {
  const bursts = watch({ minRateBytesPerSecond: 1000 }, 300, (second) => ({
    isWaiting: true,
    takenBytes: Math.trunc(second / 50) * 60_000,
  }));
  assert.deepEqual(bursts, {});
});

test("never cuts a client that is slow but fine, however its progress shows, and cuts one that stalls", () => {
  // Observed for a reader of 20,000 bytes per second: the kernel's buffers fill at once, then empty by a third at a
  // time, of which a little shows a second later.
  const slowButFine = (second: number): Progress => ({
    isWaiting: second > 0,
    takenBytes: 4_300_000 + Math.trunc(second / 75) * 1_436_000 + Math.trunc((second - 1) / 75) * 64_000,
  });
  const limits = { minRateBytesPerSecond: 20_000 };
  assert.deepEqual(watch(limits, 7200, slowButFine), {});
  const stalled = watch(limits, 7200, (second) => slowButFine(Math.min(second, 3601)));
  // Even with its rate at second 3601, and 2 MiB behind after 105 seconds.
  assert.equal(stalled.second, 3601 + 105);
});

test("times out after the idle time without any progress, and restarts the count after each progress", () => {
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
