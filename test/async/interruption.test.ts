import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Interruption } from "../../src/async/interruption.ts";

test("settles like the promise if nothing interrupts it", async () => {
  const interruption = new Interruption();
  assert.equal(await interruption.race(Promise.resolve(1)), 1);
  await assert.rejects(interruption.race(Promise.reject(new Error("own"))), /own/);
});

test("ends the current wait and all later ones with the first cause", async () => {
  const interruption = new Interruption<Error>();
  const waiting = interruption.race(new Promise(() => undefined));
  interruption.raise(new Error("first"));
  interruption.raise(new Error("second"));
  await assert.rejects(waiting, /first/);
  await assert.rejects(interruption.race(Promise.resolve(1)), /first/);
  assert.equal(interruption.cause?.message, "first");
});

test("handles the rejection of a promise that is no longer awaited", async () => {
  const interruption = new Interruption();
  const controller = new AbortController();
  const waiting = interruption.race(once(new EventTarget(), "never", controller));
  interruption.raise(new Error("left"));
  await assert.rejects(waiting, /left/);
  controller.abort();
  await new Promise((resolve) => void setImmediate(resolve));
});
