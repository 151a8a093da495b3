import assert from "node:assert/strict";
import { test } from "node:test";
import { startClosedLoop } from "../../bench/load/closed-loop.ts";
import { readExport, type ExportReading } from "../../bench/load/read-export.ts";
import type { ServerStats } from "../../src/index.ts";
import { startServe, type ServeProcess } from "../harness/cli.ts";

/**
 * Clients hold the server by reading slowly, and hurry once what is left lies in socket buffers: so the hold ends with
 * the last byte, give or take what the kernel needs for the rest, whatever the size of its buffers.
 */
const bytesPerSecond = 8 * 1024 ** 2;
const heldSeconds = 0.6;
const hurryAfterBytes = bytesPerSecond * heldSeconds;
/** More than the kernel takes of a connection whose reader is slow. */
const bufferBytes = 12 * 1024 ** 2;
const bytesPerRow = 112;
const rows = Math.ceil((hurryAfterBytes + bufferBytes) / bytesPerRow);

/** Two places for exports, either way. */
const models = {
  sync: ["--worker-model", "sync", "--workers", "2"],
  async: ["--worker-model", "async", "--slots", "2"],
} as const;
const places = 2;

async function readSlowly({ url }: ServeProcess): Promise<ExportReading> {
  const target = new URL(`/exports/orders.csv?rows=${rows}`, url);
  const reading = await readExport(target, { bytesPerSecond, hurryAfterBytes });
  assert.equal(reading.state, "complete");
  return reading;
}

async function ask<T>({ url }: ServeProcess, path: string): Promise<T> {
  return (await (await fetch(url + path)).json()) as T;
}

/** What a server did between two looks at its counters, and what its clients saw meanwhile. */
interface Window {
  readonly seconds: number;
  readonly held: number;
  readonly busy: number;
  readonly waited: number;
  readonly allBusy: number;
}

async function watch(server: ServeProcess, load: () => Promise<unknown>): Promise<Window> {
  const before = await ask<ServerStats>(server, "/stats");
  await load();
  const after = await ask<ServerStats>(server, "/stats");
  const added = (field: "heldSeconds" | "busySlotSeconds" | "queueWaitSeconds"): number =>
    after.total[field] - before.total[field];
  return {
    seconds: after.uptimeSeconds - before.uptimeSeconds,
    held: added("heldSeconds"),
    busy: added("busySlotSeconds"),
    waited: added("queueWaitSeconds"),
    allBusy: (after.allBusySeconds ?? 0) - (before.allBusySeconds ?? 0),
  };
}

function assertNear(observed: number, expected: number, tolerance: number, what: string): void {
  const isNear = Math.abs(observed - expected) <= tolerance;
  assert.ok(isNear, `${what}: observed ${observed}, expected ${expected} ± ${tolerance}`);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

for (const [model, flags] of Object.entries(models)) {
  test(`the time transfers held ${model} workers is the integral of busy slots, as clients saw it too`, async () => {
    await using server = await startServe(flags);
    const loop = startClosedLoop(places, () => readSlowly(server));
    const window = await watch(server, async () => {
      await loop.until(3 * places);
      await loop.finish();
    });
    assertNear(window.held, window.busy, 0.02 * window.busy, "held time in sum");
    const { transfers } = await ask<{
      readonly transfers: readonly { readonly state: string; readonly heldSeconds: number }[];
    }>(server, "/transfers");
    assert.ok(transfers.every(({ state }) => state === "completed"));
    assert.equal(transfers.length, loop.answers.length);
    assertNear(sum(transfers.map((one) => one.heldSeconds)), window.busy, 0.02 * window.busy, "the transfers' sum");
    // As many clients as places: nobody waits, and all a client sees of its request is its hold.
    const seen = sum(loop.answers.map(({ totalMs }) => totalMs / 1000));
    assertNear(seen, window.busy, 0.05 * window.busy, "the clients' sum");
  });

  test(`clients in ${model} workers are as many as come by the time they stay (Little's law)`, async () => {
    await using server = await startServe(flags);
    const loop = startClosedLoop(2 * places, () => readSlowly(server));
    const { seconds, busy, waited } = await watch(server, async () => {
      await loop.until(6 * places);
      await loop.finish();
    });
    const gauged = (busy + waited) / seconds;
    const arrivalsPerSecond = loop.answers.length / seconds;
    const residenceSeconds = sum(loop.answers.map(({ totalMs }) => totalMs / 1000)) / loop.answers.length;
    assertNear(gauged, arrivalsPerSecond * residenceSeconds, 0.05 * gauged, "clients in the server");
    // Half of them have to wait.
    assert.ok(waited > busy / 2, `waited ${waited} s, held ${busy} s`);
  });
}

test("looking again and again at the busy slots of async workers gives the same integral", async () => {
  await using server = await startServe(models.async);
  const loop = startClosedLoop(2 * places, () => readSlowly(server));
  let area = 0;
  const { busy } = await watch(server, async () => {
    const done = loop.until(4 * places).then(() => loop.finish());
    let last = { atSeconds: Number.NaN, busySlots: 0 };
    for (let isOver = false; !isOver; ) {
      isOver = await Promise.race([done.then(() => true), new Promise<false>((resolve) => setTimeout(resolve, 20, false))]);
      const { uptimeSeconds, total } = await ask<ServerStats>(server, "/stats");
      const seconds = uptimeSeconds - last.atSeconds;
      if (!Number.isNaN(seconds)) area += ((total.busySlots + last.busySlots) / 2) * seconds;
      last = { atSeconds: uptimeSeconds, busySlots: total.busySlots };
    }
  });
  assertNear(area, busy, 0.05 * busy, "the area under the samples");
});

for (const clients of [1, 2, 3, 4]) {
  const [use, waiting] = [Math.min(1, clients / places), Math.max(0, clients - places)];
  test(`${clients} clients in a closed loop use ${use * 100} % of 2 sync workers, and ${waiting} wait`, async () => {
    await using server = await startServe(models.sync);
    const loop = startClosedLoop(clients, () => readSlowly(server));
    await loop.until(clients);
    let askedAtMs = 0;
    const { seconds, held, waited, allBusy } = await watch(server, async () => {
      await loop.until(clients + 4 * Math.min(clients, places));
      askedAtMs = performance.now();
    });
    // The one who asks for the numbers is a client more, and waits as all do.
    const ownWait = clients < places ? 0 : (performance.now() - askedAtMs) / 1000;
    await loop.finish();
    assertNear(held / (places * seconds), use, 0.06, "utilisation");
    assertNear((waited - ownWait) / seconds, waiting, 0.1, "clients that wait");
    assertNear(allBusy / seconds, clients < places ? 0 : 1, 0.1, "time with all workers taken");
  });
}
