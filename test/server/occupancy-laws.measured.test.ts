import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startClosedLoop } from "../../bench/load/closed-loop.ts";
import { endedTransfersOf, statsOf } from "../harness/ask.ts";
import { inOneOfThree } from "../harness/attempts.ts";
import { startServe } from "../harness/cli.ts";
import { assertNear, readSlowly, warmUp, watch } from "../harness/slow-exports.ts";

/** Two slots for exports, either way. */
const models = {
  sync: ["--worker-model", "sync", "--workers", "2"],
  async: ["--worker-model", "async", "--slots", "2"],
} as const;
const clients = 4;

// Two at a time, since clients and workers sleep most of the time.
describe("the numbers of slots", { concurrency: 2 }, () => {
  for (const [model, flags] of Object.entries(models)) {
    test(`held time in ${model} workers is the integral of busy slots, and obeys Little's law`, async () => {
      await inOneOfThree(async () => {
        await using server = await startServe(flags);
        await warmUp(server);
        let totalsMs: readonly number[] = [];
        // From before the first client until after the last one: a window that starts and ends empty.
        const { seconds, held, busy, waited } = await watch(server, async () => {
          const loop = startClosedLoop(clients, () => readSlowly(server));
          await loop.until(2 * clients);
          await loop.finish();
          totalsMs = loop.answers.map(({ totalMs }) => totalMs);
        });
        assertNear(held, busy, 0.02 * busy, "held time in sum");
        const transfers = (await endedTransfersOf(server)).slice(1);
        assert.equal(transfers.length, totalsMs.length);
        assert.ok(transfers.every(({ state }) => state === "completed"));
        assertNear(
          sum(transfers.map((one) => one.heldSeconds ?? 0)),
          busy,
          0.02 * busy,
          "what transfers held",
        );
        assertNear(
          sum(transfers.map((one) => one.queueWaitSeconds)),
          waited,
          0.02 * waited,
          "what they waited",
        );
        // L = λW: the number of clients by the server's gauges, their arrivals and how long they stay by their own clocks.
        const gauged = (busy + waited) / seconds;
        const arrivalsPerSecond = totalsMs.length / seconds;
        const stayedSeconds = sum(totalsMs) / totalsMs.length / 1000;
        assertNear(gauged, arrivalsPerSecond * stayedSeconds, 0.1 * gauged, "clients in the server");
        assert.ok(waited > busy / 4, `as many wait as are served, but they waited ${waited} s of ${busy} s`);
      });
    });
  }

  test("sampling the busy slots of async workers gives the same integral", async () => {
    await inOneOfThree(async () => {
      await using server = await startServe(models.async);
      await warmUp(server);
      let area = 0;
      const { busy } = await watch(server, async () => {
        let last = { uptimeSeconds: (await statsOf(server)).uptimeSeconds, busySlots: 0 };
        const loop = startClosedLoop(clients, () => readSlowly(server));
        const done = loop.until(clients).then(() => loop.finish());
        for (let isOver = false; !isOver;) {
          isOver = await Promise.race([done.then(() => true), pause(20).then(() => false)]);
          const { uptimeSeconds, total } = await statsOf(server);
          area += ((total.busySlots + last.busySlots) / 2) * (uptimeSeconds - last.uptimeSeconds);
          last = { uptimeSeconds, busySlots: total.busySlots };
        }
      });
      assertNear(area, busy, 0.1 * busy, "the area under the samples");
    });
  });
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
