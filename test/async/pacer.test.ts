import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, systemClock } from "../../src/clock.ts";
import { Pacer } from "../../src/async/pacer.ts";

/** A clock that the bodies' work moves forward. */
class WorkClock implements Clock {
  #nowMs = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  work(milliseconds: number): void {
    this.#nowMs += milliseconds;
  }
}

/**
 * Bodies that each work `steps` times for `stepMs`, and yield when due; returns which body worked in which turn of
 * the loop.
 */
async function workInTurns(names: readonly string[], steps: number, stepMs: number): Promise<string[][]> {
  const clock = new WorkClock();
  const turns: string[][] = [[]];
  let isOver = false;
  const nextTurn = (): void => {
    if (isOver) return;
    turns.push([]);
    setImmediate(nextTurn);
  };
  setImmediate(nextTurn);
  const bodies = names.map(async (name) => {
    const pacer = new Pacer(clock);
    await pacer.yield();
    for (let step = 0; step < steps; step += 1) {
      turns.at(-1)?.push(name);
      clock.work(stepMs);
      if (pacer.isDue) await pacer.yield();
    }
  });
  await Promise.all(bodies);
  isOver = true;
  return turns.filter((turn) => turn.length > 0);
}

test("bodies share one slice in each turn of the loop, first come, first served", async () => {
  const turns = await workInTurns(["a", "b", "c"], 3, 5);
  assert.deepEqual(turns.flat().join(""), "abcabcabc");
  assert.ok(
    turns.every((turn) => turn.length === 1),
    JSON.stringify(turns),
  );
});

test("the rest of a slice goes to the next body", async () => {
  const turns = await workInTurns(["a", "b", "c", "d"], 1, 0.75);
  // a, b and c have worked more than 2 ms together, so that d has to wait.
  assert.deepEqual(turns, [["a", "b", "c"], ["d"]]);
});

test("a turn is due after 2 ms of work, and not by yielding", async () => {
  const clock = new WorkClock();
  const pacer = new Pacer(clock);
  clock.work(1.5);
  assert.equal(pacer.isDue, false);
  clock.work(0.5);
  assert.equal(pacer.isDue, true);
  await pacer.yield();
  assert.equal(pacer.isDue, false);
});

test("input, timers and bodies with another clock get their turn between two slices", async () => {
  const clock = new WorkClock();
  const timers: number[] = [];
  const timer = setInterval(() => timers.push(1), 1);
  const other = new Pacer(systemClock);
  const pacer = new Pacer(clock);
  while (timers.length < 3) {
    clock.work(5);
    await Promise.all([pacer.yield(), other.yield()]);
  }
  clearInterval(timer);
});

test("a waiter that leaves the queue costs the others nothing, and never gets a turn", async () => {
  const clock = new WorkClock();
  const order: string[] = [];
  let leave: (() => void) | undefined;
  const left = new Pacer(clock).yield((leaveLine) => (leave = leaveLine)).then(() => order.push("left"));
  const stayed = new Pacer(clock).yield().then(() => order.push("stayed"));
  leave?.();
  await stayed;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(order, ["stayed"]);
  assert.ok(left instanceof Promise);
});

test("releases many thousands in order without delaying timers", async () => {
  const clock = new WorkClock();
  const order: number[] = [];
  let timers = 0;
  const timer = setInterval(() => (timers += 1), 0);
  const waiters = Array.from({ length: 20_000 }, async (_, index) => {
    await new Pacer(clock).yield();
    order.push(index);
  });
  await Promise.all(waiters);
  clearInterval(timer);
  assert.deepEqual(
    order,
    Array.from({ length: 20_000 }, (_, index) => index),
  );
  assert.ok(timers > 1, `the timer fired ${timers} times meanwhile`);
});
