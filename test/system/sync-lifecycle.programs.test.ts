import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerStats } from "../../src/server/metrics/server-stats.ts";
import { statsOf, transfersOf } from "../harness/ask.ts";
import { connectTo, get, type RawClient } from "../harness/raw-client.ts";
import { endless, hold, queueIsFull, startSync } from "../harness/sync-server.ts";

test("continues when clients disconnect while they wait", async () => {
  await using server = await startSync(1);
  const holder = await hold(server);
  for (const how of ["destroy", "resetAndDestroy"] as const) {
    const client = await connectTo(server.url, endless);
    client.socket[how]();
  }
  const silent = await connectTo(server.url);
  silent.socket.destroy();
  const last = fetch(`${server.url}/ping`);
  holder.socket.destroy();
  assert.equal(await (await last).text(), "pong");
  const { total } = await statsOf(server);
  assert.deepEqual([total.busySlots, total.queued], [1, 0]);
  assert.deepEqual(
    server.log().filter(({ level }) => Number(level) >= 50),
    [],
  );
});

test("recovers after a storm of clients that connect and disconnect in every way", async () => {
  await using server = await startSync(2, "--queue", "40");
  const ways: readonly ((client: RawClient) => Promise<unknown>)[] = [
    (client) => client.readAll(),
    (client) => client.firstBytes().then(() => client.socket.destroy()),
    (client) => client.firstBytes().then(() => client.socket.resetAndDestroy()),
    async ({ socket }) => socket.resetAndDestroy(),
    async ({ socket }) => socket.end(),
    async ({ socket }) => socket.destroy(),
  ];
  const requests = [
    get("/ping"),
    get("/exports/orders.csv?rows=20000"),
    get("/ping").slice(0, 9),
    "",
    "no HTTP\r\n\r\n",
  ];
  await Promise.all(
    Array.from({ length: 240 }, async (_, index) => {
      await new Promise((resolve) => setTimeout(resolve, index * 4));
      const request = requests[index % requests.length] ?? "";
      const way = ways[index % ways.length];
      // A client that sends nothing gets no answer, so the test doesn't read from it.
      const isSilent = request === "" || request.length === 9;
      const client = await connectTo(server.url, request);
      await (isSilent ? Promise.resolve(client.socket.destroy()) : way?.(client))?.catch(() => "cut");
      client.socket.destroy();
    }),
  );
  for (;;) {
    // Disconnected clients stay in the queue until their turn.
    const answer = await fetch(`${server.url}/stats`);
    const { total } = (await answer.json()) as Partial<ServerStats>;
    if (total?.queued === 0 && total.busySlots === 1) break;
  }
  const { total, workers } = await statsOf(server);
  assert.equal(workers.length, 2);
  assert.ok(Math.abs(total.heldSeconds - total.busySlotSeconds) < 0.02 * total.busySlotSeconds);
  assert.deepEqual(
    server.log().filter(({ level }) => Number(level) >= 50),
    [],
  );
});

test("a killed worker cuts its own client, is replaced, and affects no waiting client", async () => {
  await using server = await startSync(2, "--queue", "1");
  const victim = await hold(server);
  const [{ worker: pid } = { worker: 0 }] = await transfersOf(server);
  const other = await hold(server);
  const waiting = [await connectTo(server.url, get("/ping")), await connectTo(server.url, get("/ping"))];
  await queueIsFull(server);
  process.kill(pid, "SIGKILL");
  const rest = await victim.readAll().catch(() => "reset");
  assert.ok(!rest.endsWith("0\r\n\r\n"));
  await server.logged(({ msg }) => String(msg).endsWith("another is started"));
  for (const client of waiting) assert.ok((await client.readAll()).endsWith("pong"));
  const transfers = await transfersOf(server);
  const [dead, alive] = transfers;
  assert.equal(dead?.state, "failed");
  assert.match(dead?.error?.message ?? "", /SIGKILL/);
  assert.equal(alive?.state, "running");
  assert.equal(other.socket.destroyed, false);
  const { total, workers } = await statsOf(server);
  assert.equal(total.slots, 2);
  assert.ok(workers.every((worker) => worker.pid !== pid));
  other.socket.destroy();
});

test("on SIGTERM serves current and waiting clients, accepts no new connection, and exits with 0", async () => {
  await using server = await startSync(1, "--queue", "2");
  const running = await connectTo(server.url, get("/exports/orders.csv?rows=900000"));
  await running.firstBytes();
  const exporting = await connectTo(server.url, get("/exports/orders.csv?rows=21"));
  const pinging = await connectTo(server.url, get("/ping"));
  await queueIsFull(server);
  server.process.kill("SIGTERM");
  await server.logged(({ msg }) => msg === "draining");
  await assert.rejects(fetch(`${server.url}/ping`));
  assert.ok((await running.readAll()).endsWith("\r\n0\r\n\r\n"));
  assert.ok((await exporting.readAll()).endsWith("\r\n0\r\n\r\n"));
  assert.ok((await pinging.readAll()).endsWith("pong"));
  assert.equal((await server.ended).exitCode, 0);
});

test("refuses waiting clients after the drain time-out, cuts running transfers, and exits with 1", async () => {
  await using server = await startSync(1, "--queue", "2", "--drain-timeout", "200ms");
  const holder = await hold(server);
  const waiting = [await connectTo(server.url, get("/ping")), await connectTo(server.url, endless)];
  await queueIsFull(server);
  server.process.kill("SIGTERM");
  for (const client of waiting) assert.match(await client.readAll(), /^HTTP\/1\.1 503 .*SCSV_DRAINING/s);
  const rest = await holder.readAll().catch(() => "reset");
  assert.ok(!rest.endsWith("0\r\n\r\n"));
  assert.equal((await server.ended).exitCode, 1);
  assert.equal(server.log().find(({ msg }) => msg === "stopped")?.["cutTransfers"], 1);
});

test("stops at once on a second signal, even with waiting clients", async () => {
  await using server = await startSync(1);
  const holder = await hold(server);
  const waiting = await connectTo(server.url, get("/ping"));
  server.process.kill("SIGTERM");
  await server.logged(({ msg }) => msg === "draining");
  server.process.kill("SIGTERM");
  assert.equal((await server.ended).exitCode, 143);
  assert.doesNotMatch(await waiting.readAll().catch(() => "cut"), /pong/);
  await holder.readAll().catch(() => undefined);
});
