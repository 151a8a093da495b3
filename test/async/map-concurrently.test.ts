import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { mapConcurrently } from "../../src/async/map-concurrently.ts";

test("gives the results in the order of the items, and runs as many calls as it may", async () => {
  let running = 0;
  let most = 0;
  const doubled = await mapConcurrently(
    [5, 1, 4, 2, 3],
    async (item) => {
      running += 1;
      most = Math.max(most, running);
      await sleep(item);
      running -= 1;
      return 2 * item;
    },
    2,
  );
  assert.deepEqual(doubled, [10, 2, 8, 4, 6]);
  assert.equal(most, 2);
  assert.deepEqual(await mapConcurrently([], () => Promise.resolve(1)), []);
});

test("after a failure begins no further call, and rejects when none runs", async () => {
  const begun: number[] = [];
  let running = 0;
  const failing = mapConcurrently(
    [1, 2, 3, 4],
    async (item) => {
      begun.push(item);
      if (item === 1) throw new RangeError("the first");
      running += 1;
      await sleep(20);
      running -= 1;
    },
    2,
  );
  await assert.rejects(failing, { message: "the first" });
  assert.deepEqual([begun, running], [[1, 2], 0]);
});
