import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { LivenessWatch, tickInterval } from "../../src/ipc/liveness-watch.ts";

/** A watch over a process that answers on request. */
function makeWatch(hungTicks: number) {
  const told: string[] = [];
  const asked: PromiseWithResolvers[] = [];
  const watch = new LivenessWatch(
    {
      ping: () =>
        new Promise((resolve, reject) => {
          asked.push({ resolve, reject });
        }),
      onSilent: () => told.push("silent"),
      onAnswer: () => told.push("answers"),
      onHung: () => told.push("hung"),
    },
    hungTicks,
  );
  const tick = (times: number): void => {
    for (let count = 0; count < times; count += 1) watch.tick();
  };
  const answer = async (): Promise<void> => {
    asked.shift()?.resolve();
    await turn();
  };
  return { tick, answer, asked, told, heard: () => watch.heard() };
}

interface PromiseWithResolvers {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

test("says nothing of a process that answers, however late within two ticks", async () => {
  const { tick, answer, told } = makeWatch(5);
  for (let round = 0; round < 20; round += 1) {
    tick(1 + (round % 2));
    await answer();
  }
  assert.deepEqual(told, []);
});

test("reports a process as silent, then as hung, once each, and doesn't ping again meanwhile", () => {
  const { tick, asked, told } = makeWatch(5);
  tick(1 + 2);
  assert.deepEqual(told, ["silent"]);
  tick(2);
  assert.deepEqual(told, ["silent"]);
  tick(10);
  assert.deepEqual(told, ["silent", "hung"]);
  assert.equal(asked.length, 1);
});

test("doesn't call a process hung that says something, however late it answers", async () => {
  const { tick, heard, answer, told } = makeWatch(5);
  for (let round = 0; round < 10; round += 1) {
    tick(4);
    heard();
  }
  assert.deepEqual(told, ["silent"]);
  tick(5);
  assert.deepEqual(told, ["silent", "hung"]);
  await answer();
  assert.deepEqual(told, ["silent", "hung", "answers"]);
});

test("reports that a process answers again, and restarts the count", async () => {
  const { tick, answer, told } = makeWatch(5);
  tick(4);
  await answer();
  assert.deepEqual(told, ["silent", "answers"]);
  tick(1 + 2);
  assert.deepEqual(told, ["silent", "answers", "silent"]);
});

test("reports nothing about a process that has ended", async () => {
  const { tick, asked, told } = makeWatch(5);
  tick(1);
  asked[0]?.reject(new Error("gone"));
  await turn();
  tick(1);
  assert.deepEqual(told, []);
});

test("ticks often enough to detect a hang within its limit", () => {
  for (const limitMs of [1, 50, 1000, 30_000]) {
    const interval = tickInterval(limitMs);
    assert.ok(interval >= 1 && interval <= 1000);
    assert.ok(limitMs < 4 || interval * 3 <= limitMs + 3);
  }
});
