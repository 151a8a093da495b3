import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { ServerStats } from "../../src/index.ts";
import { runCli, startServe, type ServeProcess } from "../harness/cli.ts";
import { connectTo, get, type RawClient } from "../harness/raw-client.ts";

/** More than lies in socket buffers, so that a client that doesn't read holds its worker. */
const endless = get("/exports/orders.csv?rows=50000000");

async function startSync(workers: number, ...flags: readonly string[]): Promise<ServeProcess> {
  return await startServe(["--worker-model", "sync", "--workers", String(workers), ...flags]);
}

/** A client that has a worker to itself and keeps it until it is closed; it is served when this resolves. */
async function hold({ url }: ServeProcess): Promise<RawClient> {
  const client = await connectTo(url, endless);
  assert.match(await client.firstBytes(), /^HTTP\/1\.1 200 OK\r\n/);
  return client;
}

/** Resolves when all who came before have been accepted: the queue is full of them, so that this one is refused. */
async function queueIsFull({ url }: ServeProcess): Promise<void> {
  const refused = await connectTo(url, get("/ping"));
  assert.match(await refused.readAll(), /^HTTP\/1\.1 503 .*the queue is full/s);
}

async function ask<T>(server: ServeProcess, path: string): Promise<T> {
  return (await (await fetch(server.url + path)).json()) as T;
}

async function stats(server: ServeProcess): Promise<ServerStats> {
  return await ask<ServerStats>(server, "/stats");
}

interface Transfers {
  readonly transfers: readonly {
    readonly worker: number;
    readonly state: string;
    readonly expectedRows: number;
    readonly queueWaitSeconds: number;
    readonly heldSeconds: number;
    readonly error: { readonly message: string } | null;
  }[];
}

test("answers one request on a connection and closes it, whatever the client asked for", async () => {
  await using server = await startSync(1);
  const pipelined = await connectTo(
    server.url,
    get("/ping") + get("/exports/orders.csv?rows=7") + get("/ping"),
  );
  const text = await pipelined.readAll();
  assert.equal(text.match(/HTTP\/1\.1 /g)?.length, 1, text);
  assert.match(text, /\r\nConnection: close\r\n/i);
  assert.ok(text.endsWith("\r\n\r\npong"), text);
  const keepAlive = await connectTo(
    server.url,
    get("/exports/orders.csv?rows=1", { Connection: "keep-alive" }),
  );
  assert.match(await keepAlive.readAll(), /\r\nConnection: close\r\n/i);
  const { transfers } = await ask<Transfers>(server, "/transfers");
  assert.deepEqual(
    transfers.map(({ expectedRows }) => expectedRows),
    [1],
  );
});

test("has as many slots as workers, taken by short requests too", async () => {
  await using server = await startSync(2);
  const { total, workerModel, workers } = await stats(server);
  assert.equal(workerModel, "sync");
  assert.equal(total.slots, 2);
  assert.equal(total.busySlots, 1);
  assert.deepEqual(
    workers.map(({ busySlots }) => busySlots).toSorted((a, b) => a - b),
    [0, 1],
  );
});

test("gives the same bytes by every delivery as async workers do", async () => {
  await using server = await startSync(2);
  await using other = await startServe([]);
  const texts = await Promise.all(
    [server, other].flatMap(({ url }) =>
      ["streaming", "buffered", "file"].map(async (delivery) => {
        const answer = await fetch(`${url}/exports/orders.csv?rows=5000&delivery=${delivery}`);
        assert.notEqual(answer.headers.get("x-transfer-id"), null);
        return await answer.text();
      }),
    ),
  );
  assert.equal(new Set(texts).size, 1);
});

test("serves connections in the order in which they came, and tells how long each waited", async () => {
  await using server = await startSync(1, "--queue", "5");
  const holder = await hold(server);
  const waiting: Promise<string>[] = [];
  for (const rows of [11, 12, 13, 14, 15]) {
    const client = await connectTo(server.url, get(`/exports/orders.csv?rows=${rows}`));
    waiting.push(client.readAll());
  }
  await queueIsFull(server);
  holder.socket.destroy();
  const texts = await Promise.all(waiting);
  assert.ok(texts.every((text) => text.endsWith("\r\n0\r\n\r\n")));
  const { total } = await stats(server);
  const { transfers } = await ask<Transfers>(server, "/transfers");
  const own = transfers.slice(1);
  assert.deepEqual(
    own.map(({ expectedRows }) => expectedRows),
    [11, 12, 13, 14, 15],
  );
  assert.equal(transfers[0]?.queueWaitSeconds, 0);
  const waits = own.map(({ queueWaitSeconds }) => queueWaitSeconds);
  assert.ok(waits.every((seconds) => seconds > 0));
  assert.ok(Math.abs(total.queueWaitSeconds - waits.reduce((sum, seconds) => sum + seconds)) < 1e-6);
  assert.equal(total.queued, 0);
});

test("never has two connections on one worker, and leaves no slot taken", async () => {
  await using server = await startSync(3);
  const answers = await Promise.all(
    Array.from({ length: 45 }, async (_, index) => {
      if (index % 3 === 0) return await stats(server);
      await (await fetch(`${server.url}/exports/orders.csv?rows=${index * 50}`)).text();
      return null;
    }),
  );
  const seen = answers.flatMap((answer) => answer?.workers ?? []);
  assert.equal(seen.length, 45);
  assert.ok(seen.every(({ busySlots, slots }) => slots === 1 && busySlots <= 1));
  assert.ok(seen.some(({ busySlots }) => busySlots === 1));
  const { total } = await stats(server);
  assert.equal(total.busySlots, 1);
});

test("refuses with 503 and Retry-After what finds the queue full or waits for too long, and serves on", async () => {
  await using server = await startSync(1, "--queue", "1", "--queue-timeout", "300ms");
  const holder = await hold(server);
  const waiting = fetch(`${server.url}/ping`);
  const answers = await Promise.all([waiting, ...[1, 2, 3].map(() => fetch(`${server.url}/ping`))]);
  const details = await Promise.all(
    answers.map(async (answer) => {
      assert.equal(answer.status, 503);
      assert.equal(answer.headers.get("content-type"), "application/problem+json");
      assert.match(answer.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
      const problem = (await answer.json()) as Readonly<Record<string, unknown>>;
      assert.equal(problem["code"], "SCSV_BUSY");
      return String(problem["detail"]);
    }),
  );
  assert.equal(details.filter((detail) => detail.includes("the queue is full")).length, 3);
  assert.equal(details.filter((detail) => detail.includes("none came free within 0.3 s")).length, 1);
  holder.socket.destroy();
  assert.equal(await (await fetch(`${server.url}/ping`)).text(), "pong");
});

test("goes on when clients leave while they wait", async () => {
  await using server = await startSync(1);
  const holder = await hold(server);
  for (const how of ["destroy", "resetAndDestroy", "end"] as const) {
    const client = await connectTo(server.url, endless);
    client.socket[how]();
  }
  const silent = await connectTo(server.url);
  silent.socket.destroy();
  const last = fetch(`${server.url}/ping`);
  holder.socket.destroy();
  assert.equal(await (await last).text(), "pong");
  const { total } = await stats(server);
  assert.deepEqual([total.busySlots, total.queued], [1, 0]);
  assert.deepEqual(
    server.log().filter(({ level }) => Number(level) >= 50),
    [],
  );
});

test("is whole again after a storm of clients that come and leave in every way", async () => {
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
      // Who says nothing gets nothing to read, and would be waited for.
      const isSilent = request === "" || request.length === 9;
      const client = await connectTo(server.url, request);
      await (isSilent ? Promise.resolve(client.socket.destroy()) : way?.(client))?.catch(() => "cut");
      client.socket.destroy();
    }),
  );
  for (;;) {
    // Those who left still have their places in the queue, until it is their turn.
    const answer = await fetch(`${server.url}/stats`);
    const { total } = (await answer.json()) as Partial<ServerStats>;
    if (total?.queued === 0 && total.busySlots === 1) break;
  }
  const { total, workers } = await stats(server);
  assert.equal(workers.length, 2);
  assert.ok(Math.abs(total.heldSeconds - total.busySlotSeconds) < 0.02 * total.busySlotSeconds);
  assert.deepEqual(
    server.log().filter(({ level }) => Number(level) >= 50),
    [],
  );
});

test("a killed worker cuts its own client, is replaced, and takes nobody from the queue with it", async () => {
  await using server = await startSync(2, "--queue", "1");
  const victim = await hold(server);
  const [{ worker: pid } = { worker: 0 }] = (await ask<Transfers>(server, "/transfers")).transfers;
  const other = await hold(server);
  const waiting = [await connectTo(server.url, get("/ping")), await connectTo(server.url, get("/ping"))];
  await queueIsFull(server);
  process.kill(pid, "SIGKILL");
  const rest = await victim.readAll().catch(() => "reset");
  assert.ok(!rest.endsWith("0\r\n\r\n"));
  await server.logged(({ msg }) => String(msg).endsWith("another is started"));
  for (const client of waiting) assert.ok((await client.readAll()).endsWith("pong"));
  const { transfers } = await ask<Transfers>(server, "/transfers");
  const [dead, alive] = transfers;
  assert.equal(dead?.state, "failed");
  assert.match(dead?.error?.message ?? "", /SIGKILL/);
  assert.equal(alive?.state, "running");
  assert.equal(other.socket.destroyed, false);
  const { total, workers } = await stats(server);
  assert.equal(total.slots, 2);
  assert.ok(workers.every((worker) => worker.pid !== pid));
  other.socket.destroy();
});

test("lets go of a connection that sends nothing, or only half a head, so that others are served", async () => {
  await using server = await startSync(1, "--header-timeout", "200ms");
  const silent = await connectTo(server.url);
  const slow = await connectTo(server.url, "GET /ping HTTP/1.1\r\nHost: te");
  assert.equal(await (await fetch(`${server.url}/ping`)).text(), "pong");
  assert.match(await silent.readAll(), /^HTTP\/1\.1 408 /);
  assert.match(await slow.readAll(), /^HTTP\/1\.1 408 /);
  const { total } = await stats(server);
  assert.equal(total.busySlots, 1);
});

test("on SIGTERM serves whom it holds and who waits, takes no new connection, and exits with 0", async () => {
  await using server = await startSync(1, "--queue", "2");
  const running = await connectTo(server.url, get("/exports/orders.csv?rows=200000"));
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

test("refuses who still waits when the drain time-out is over, cuts what runs, and exits with 1", async () => {
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

test("stops at once on a second signal, whoever waits", async () => {
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

test("cancels a transfer of a sync worker, and frees the worker", async () => {
  await using server = await startSync(2);
  const holder = await hold(server);
  const { transfers } = await ask<{ readonly transfers: readonly { readonly id: string }[] }>(
    server,
    "/transfers",
  );
  const cancelled = await fetch(`${server.url}/transfers/${transfers[0]?.id}`, { method: "DELETE" });
  assert.equal(cancelled.status, 202);
  const closed = once(holder.socket, "close");
  holder.socket.resume();
  await closed;
  await server.logged(({ state }) => state === "cancelled");
  for (;;) if ((await stats(server)).total.busySlots === 1) break;
});

test("refuses --slots with sync workers, and says why", async () => {
  const { exitCode, stderr } = await runCli([
    "serve",
    "--port",
    "0",
    "--worker-model",
    "sync",
    "--slots",
    "8",
  ]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /--slots 8 .* --worker-model sync: a sync worker takes one connection at a time/);
  await using server = await startServe(["--worker-model", "sync", "--slots", "1"]);
  assert.equal((await stats(server)).total.slots, 1);
});

test("refuses a worker model that there isn't", async () => {
  const { exitCode, stderr } = await runCli(["serve", "--port", "0", "--worker-model", "threads"]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /threads.*async, sync/s);
});
