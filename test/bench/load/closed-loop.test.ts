import assert from "node:assert/strict";
import { test } from "node:test";
import { startClosedLoop } from "../../../bench/load/closed-loop.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("keeps as many requests under way as there are clients, and lets the last of them end", async () => {
  let underWay = 0;
  const seen = new Set<number>();
  const loop = startClosedLoop(3, async () => {
    underWay += 1;
    seen.add(underWay);
    await turn();
    underWay -= 1;
    return "answer";
  });
  await loop.until(30);
  assert.ok(loop.answers.length >= 30);
  assert.equal(underWay, 3);
  await loop.finish();
  assert.equal(underWay, 0);
  assert.equal(Math.max(...seen), 3);
  const { length } = loop.answers;
  await turn();
  assert.equal(loop.answers.length, length);
});

test("ends with the first error of any client, rejects every wait, and asks no more", async () => {
  let asked = 0;
  const loop = startClosedLoop(2, async () => {
    asked += 1;
    await turn();
    if (asked > 6) throw new Error("no answer");
  });
  await assert.rejects(loop.until(1000), { message: "no answer" });
  await assert.rejects(loop.finish(), { message: "no answer" });
  await turn();
  const soFar = asked;
  await turn();
  assert.equal(asked, soFar);
});

test("an error between two waits is reported by the next, and is not an unhandled rejection", async () => {
  const loop = startClosedLoop(1, () => Promise.reject(new Error("at once")));
  await turn();
  await assert.rejects(loop.finish(), { message: "at once" });
});
