import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/clock.ts";
import { StreamCsvError } from "../../src/errors.ts";
import { Occupancy } from "../../src/admission/occupancy.ts";
import { ExportSlots, type SlotLimits } from "../../src/admission/export-slots.ts";

function makeSlots(limits: Partial<SlotLimits>): {
  readonly slots: ExportSlots;
  readonly occupancy: Occupancy;
} {
  const occupancy = new Occupancy(systemClock);
  const all = { slots: 1, queue: 2, queueTimeoutMs: 60_000, ...limits };
  return { slots: new ExportSlots(all, occupancy, systemClock), occupancy };
}

const { signal } = new AbortController();

function isBusy(error: unknown): boolean {
  return error instanceof StreamCsvError && error.code === "SCSV_BUSY" && (error.retryAfterSeconds ?? 0) >= 1;
}

test("grants all slots, then makes the next export wait its turn", async () => {
  const { slots, occupancy } = makeSlots({ slots: 2 });
  const [first] = [await slots.acquire(signal), await slots.acquire(signal)];
  const order: string[] = [];
  const third = slots.acquire(signal).then((slot) => (order.push("third"), slot));
  const fourth = slots.acquire(signal).then((slot) => (order.push("fourth"), slot));
  assert.equal(slots.queued, 2);
  assert.equal(occupancy.busy, 2);
  first?.release();
  (await third).release();
  await fourth;
  assert.deepEqual(order, ["third", "fourth"]);
});

test("refuses at once when the queue is full, and says when to try again", async () => {
  const { slots } = makeSlots({ queue: 0 });
  await slots.acquire(signal);
  await assert.rejects(slots.acquire(signal), isBusy);
});

test("refuses an export that has waited too long, and keeps the queue in order", async () => {
  const { slots } = makeSlots({ queueTimeoutMs: 5 });
  const held = await slots.acquire(signal);
  await assert.rejects(slots.acquire(signal), isBusy);
  assert.equal(slots.queued, 0);
  held.release();
  (await slots.acquire(signal)).release();
});

test("removes a client from the queue that disconnected while it waited", async () => {
  const { slots, occupancy } = makeSlots({});
  const held = await slots.acquire(signal);
  const client = new AbortController();
  const waiting = slots.acquire(client.signal);
  client.abort(new Error("left"));
  await assert.rejects(waiting, { message: "left" });
  assert.equal(slots.queued, 0);
  held.release();
  assert.equal(occupancy.busy, 0);
});

test("releasing a slot twice frees it once", async () => {
  const { slots, occupancy } = makeSlots({ slots: 2 });
  const first = await slots.acquire(signal);
  await slots.acquire(signal);
  first.release();
  first.release();
  assert.equal(occupancy.busy, 1);
});
