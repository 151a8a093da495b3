import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { withinTime } from "../../src/async/within-time.ts";

const forever = (signal: AbortSignal): Promise<void> => sleep(60_000, undefined, { signal });

test("fires when the time is over, and with the other signal, whose reason it has", async () => {
  await assert.rejects(withinTime(5, new AbortController().signal, forever), { name: "AbortError" });
  const other = new AbortController();
  const reason = new Error("The run was interrupted.");
  const work = withinTime(60_000, other.signal, forever);
  other.abort(reason);
  await assert.rejects(work, { name: "AbortError", cause: reason });
  await assert.rejects(withinTime(60_000, other.signal, forever), { name: "AbortError", cause: reason });
});

test("leaves nothing with the other signal when the work is done or has failed", async () => {
  const { signal } = new AbortController();
  assert.equal(await withinTime(60_000, signal, async () => 1), 1);
  const failed = withinTime(60_000, signal, async () => {
    throw new Error("It failed.");
  });
  await assert.rejects(failed, { message: "It failed." });
  assert.deepEqual(getEventListeners(signal, "abort"), []);
});
