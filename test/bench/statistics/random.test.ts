import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom, shuffled } from "../../../bench/statistics/random.ts";
import { assertClose } from "./assert-close.ts";

function take(seed: number): number[] {
  return Array.from({ length: 5 }, seededRandom(seed));
}

test("a seed gives the same sequence again, and another seed another one", () => {
  assert.deepEqual(take(7), take(7));
  assert.notDeepEqual(take(7), take(8));
  assert.notDeepEqual(take(7), take(7 + 2 ** 32));
});

test("shuffling puts every item everywhere equally often", () => {
  const random = seededRandom(3);
  const counts = new Map<string, number>();
  const runs = 6000;
  for (let run = 0; run < runs; run += 1) {
    const order = shuffled(["a", "b", "c"], random).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  // Four standard deviations of a binomial count with p = 1/6.
  for (const count of counts.values()) assertClose(count, runs / 6, 4 * Math.sqrt((runs * 5) / 36));
});
