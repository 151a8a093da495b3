import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/clock.ts";
import { openCatalog } from "../../src/export/catalog.ts";
import { readExportParameters } from "../../src/export/parameters.ts";
import { planExport } from "../../src/export/plan.ts";
import { BuildSlots } from "../../src/spool/build-slots.ts";
import { FileLeases } from "../../src/spool/file-leases.ts";
import type { SpoolRequest } from "../../src/spool/spool-request.ts";
import { makeSpool } from "./make-spool.ts";

const catalog = await openCatalog();
const opened: FileLeases[] = [];
after(async () => {
  await Promise.all(opened.map((leases) => leases.close()));
});

/** Leases whose spool has room for one file of a thousand rows, with the workers that run. */
async function openLeases(running: Set<number>, limitKiB = 160): Promise<FileLeases> {
  const { spool } = await makeSpool(limitKiB);
  const limits = { queue: 2, queueTimeoutMs: 60_000 };
  const builds = new BuildSlots(limits, systemClock);
  const leases = new FileLeases(spool, builds, systemClock, (worker) => running.has(worker));
  opened.push(leases);
  return leases;
}

/** A request of a transfer for a file of its own by each seed. */
async function requestOf(transfer: string, seed: number, rows = 1000): Promise<SpoolRequest> {
  const parameters = readExportParameters([
    ["rows", String(rows)],
    ["seed", String(seed)],
  ]);
  const { key } = planExport(await catalog.find("orders"), parameters);
  return { transfer, name: "orders", sources: [], version: null, parameters, key };
}

const endless = 9_000_000_000;

async function buildsBecome(leases: FileLeases, count: number): Promise<void> {
  while (leases.usage.builds !== count) await sleep(5);
}

test("keeps a leased file until its worker gives it back, once or twice", async () => {
  const leases = await openLeases(new Set([1]));
  const first = await leases.lease(1, await requestOf("a", 1));
  assert.equal(first.rows, 1000);
  await assert.rejects(leases.lease(1, await requestOf("b", 2)), { code: "SCSV_BUSY" });
  // Of another worker, which has no such lease.
  leases.release(2, first.lease);
  await assert.rejects(leases.lease(1, await requestOf("b", 2)), { code: "SCSV_BUSY" });
  leases.release(1, first.lease);
  leases.release(1, first.lease);
  const second = await leases.lease(1, await requestOf("b", 2));
  assert.notEqual(second.lease, first.lease);
  assert.equal(leases.usage.files, 1);
});

test("gives back everything that a dead worker held", async () => {
  const leases = await openLeases(new Set([1, 2]));
  for (const transfer of ["a", "b"]) await leases.lease(1, await requestOf(transfer, 1));
  const other = await leases.lease(2, await requestOf("c", 1));
  assert.equal(leases.usage.leases, 3);
  leases.onExit(1);
  assert.equal(leases.usage.leases, 1);
  await assert.rejects(leases.lease(2, await requestOf("d", 2)), { code: "SCSV_BUSY" });
  leases.release(2, other.lease);
  assert.equal(leases.usage.leases, 0);
  assert.equal((await leases.lease(2, await requestOf("d", 2))).rows, 1000);
});

test("keeps nothing for a worker that was gone when its file was whole", async () => {
  const running = new Set([1, 2]);
  const leases = await openLeases(running);
  const leasing = leases.lease(1, await requestOf("a", 1));
  running.delete(1);
  await leasing;
  assert.equal((await leases.lease(2, await requestOf("b", 2))).rows, 1000);
});

test("stops what is made for a transfer that has ended, unless another waits for it as well", async () => {
  const leases = await openLeases(new Set([1, 2]), 10_000_000);
  const first = leases.lease(1, await requestOf("a", 1, endless));
  const second = leases.lease(2, await requestOf("b", 1, endless));
  const settled = Promise.allSettled([first, second]);
  await buildsBecome(leases, 1);
  leases.leave("a");
  leases.leave("nobody");
  await assert.rejects(first, { code: "SCSV_CANCELLED" });
  assert.equal(leases.usage.builds, 1);
  leases.leave("b");
  await settled;
  await assert.rejects(second, { code: "SCSV_CANCELLED" });
  await buildsBecome(leases, 0);
});

test("stops what is made for a worker that has died, and leaves alone what is made for others", async () => {
  const leases = await openLeases(new Set([1, 2]), 10_000_000);
  const dead = [
    leases.lease(1, await requestOf("a", 1, endless)),
    leases.lease(1, await requestOf("b", 2, endless)),
  ];
  const other = leases.lease(2, await requestOf("c", 3, endless));
  const settled = Promise.allSettled([...dead, other]);
  await buildsBecome(leases, 3);
  leases.onExit(1);
  for (const lease of dead) await assert.rejects(lease, { code: "SCSV_CANCELLED" });
  await buildsBecome(leases, 1);
  leases.leave("c");
  await settled;
});

test("makes four files at the same time, lets as many wait as the queue says, and refuses the next", async () => {
  const leases = await openLeases(new Set([1]), 10_000_000);
  const leasing = await Promise.all(
    [1, 2, 3, 4, 5, 6].map(async (seed) => requestOf(String(seed), seed, endless)),
  ).then((requests) => requests.map((request) => leases.lease(1, request)));
  const settled = Promise.allSettled(leasing);
  await buildsBecome(leases, 4);
  await assert.rejects(leases.lease(1, await requestOf("7", 7)), { code: "SCSV_BUSY" });
  assert.equal(leases.usage.builds, 4);
  await leases.close();
  const reasons = (await settled).map((end) => (end.status === "rejected" ? end.reason : end));
  assert.deepEqual(
    reasons.map((reason: unknown) => Reflect.get(Object(reason), "code")),
    Array<string>(6).fill("SCSV_DRAINING"),
  );
  assert.equal(leases.usage.builds, 0);
  assert.equal(leases.usage.files, 0);
});
