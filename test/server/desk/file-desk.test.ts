import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../../src/clock.ts";
import { openCatalog } from "../../../src/export/catalog.ts";
import { readExportParameters } from "../../../src/export/parameters.ts";
import { planExport } from "../../../src/export/plan.ts";
import { FileDesk } from "../../../src/server/desk/file-desk.ts";
import type { SpoolRequest } from "../../../src/server/process/message.ts";
import { makeSpool } from "../../spool/make-spool.ts";

const catalog = await openCatalog();
const desks: FileDesk[] = [];
after(async () => {
  await Promise.all(desks.map((desk) => desk.close()));
});

/** A desk whose spool has room for one file of a thousand rows, with the workers that run. */
async function openDesk(running: Set<number>, limitKiB = 160): Promise<FileDesk> {
  const { spool } = await makeSpool(limitKiB);
  const limits = { queue: 2, queueTimeoutMs: 60_000 };
  const desk = new FileDesk(spool, limits, systemClock, (worker) => running.has(worker));
  desks.push(desk);
  return desk;
}

/** A request of a transfer for a file of its own by each seed. */
async function requestOf(transfer: string, seed: number, rows = 1000): Promise<SpoolRequest> {
  const parameters = readExportParameters([
    ["rows", String(rows)],
    ["seed", String(seed)],
  ]);
  const { key } = planExport(await catalog.find("orders"), parameters);
  return { transfer, name: "orders", source: null, parameters, key };
}

const endless = 9_000_000_000;

async function buildsBecome(desk: FileDesk, count: number): Promise<void> {
  while (desk.usage.builds !== count) await sleep(5);
}

test("keeps a leased file until its worker gives it back, once or twice", async () => {
  const desk = await openDesk(new Set([1]));
  const first = await desk.lease(1, await requestOf("a", 1));
  assert.equal(first.rows, 1000);
  await assert.rejects(desk.lease(1, await requestOf("b", 2)), { code: "SCSV_BUSY" });
  // Of another worker, which has no such lease.
  desk.release(2, first.lease);
  await assert.rejects(desk.lease(1, await requestOf("b", 2)), { code: "SCSV_BUSY" });
  desk.release(1, first.lease);
  desk.release(1, first.lease);
  const second = await desk.lease(1, await requestOf("b", 2));
  assert.notEqual(second.lease, first.lease);
  assert.equal(desk.usage.files, 1);
});

test("gives back everything that a dead worker held", async () => {
  const desk = await openDesk(new Set([1, 2]));
  for (const transfer of ["a", "b"]) await desk.lease(1, await requestOf(transfer, 1));
  const other = await desk.lease(2, await requestOf("c", 1));
  desk.onExit(1);
  await assert.rejects(desk.lease(2, await requestOf("d", 2)), { code: "SCSV_BUSY" });
  desk.release(2, other.lease);
  assert.equal((await desk.lease(2, await requestOf("d", 2))).rows, 1000);
});

test("keeps nothing for a worker that was gone when its file was whole", async () => {
  const running = new Set([1, 2]);
  const desk = await openDesk(running);
  const leasing = desk.lease(1, await requestOf("a", 1));
  running.delete(1);
  await leasing;
  assert.equal((await desk.lease(2, await requestOf("b", 2))).rows, 1000);
});

test("stops what is made for a transfer that has ended, unless another waits for it as well", async () => {
  const desk = await openDesk(new Set([1, 2]), 10_000_000);
  const first = desk.lease(1, await requestOf("a", 1, endless));
  const second = desk.lease(2, await requestOf("b", 1, endless));
  const settled = Promise.allSettled([first, second]);
  await buildsBecome(desk, 1);
  desk.leave("a");
  desk.leave("nobody");
  await assert.rejects(first, { code: "SCSV_CANCELLED" });
  assert.equal(desk.usage.builds, 1);
  desk.leave("b");
  await settled;
  await assert.rejects(second, { code: "SCSV_CANCELLED" });
  await buildsBecome(desk, 0);
});

test("stops what is made for a worker that has died, and leaves alone what is made for others", async () => {
  const desk = await openDesk(new Set([1, 2]), 10_000_000);
  const dead = [
    desk.lease(1, await requestOf("a", 1, endless)),
    desk.lease(1, await requestOf("b", 2, endless)),
  ];
  const other = desk.lease(2, await requestOf("c", 3, endless));
  const settled = Promise.allSettled([...dead, other]);
  await buildsBecome(desk, 3);
  desk.onExit(1);
  for (const lease of dead) await assert.rejects(lease, { code: "SCSV_CANCELLED" });
  await buildsBecome(desk, 1);
  desk.leave("c");
  await settled;
});

test("makes four files at the same time, lets as many wait as the queue says, and refuses the next", async () => {
  const desk = await openDesk(new Set([1]), 10_000_000);
  const leases = await Promise.all(
    [1, 2, 3, 4, 5, 6].map(async (seed) => requestOf(String(seed), seed, endless)),
  ).then((requests) => requests.map((request) => desk.lease(1, request)));
  const settled = Promise.allSettled(leases);
  await buildsBecome(desk, 4);
  await assert.rejects(desk.lease(1, await requestOf("7", 7)), { code: "SCSV_BUSY" });
  assert.equal(desk.usage.builds, 4);
  await desk.close();
  const reasons = (await settled).map((end) => (end.status === "rejected" ? end.reason : end));
  assert.deepEqual(
    reasons.map((reason: unknown) => Reflect.get(Object(reason), "code")),
    Array<string>(6).fill("SCSV_DRAINING"),
  );
  assert.equal(desk.usage.builds, 0);
  assert.equal(desk.usage.files, 0);
});
