import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { statsOf, transfersOf } from "../harness/ask.ts";
import { runCliInTurn } from "../harness/cli-in-turn.ts";
import { startServe, type ServeProcess } from "../harness/cli.ts";
import { connectTo, get } from "../harness/raw-client.ts";
import { hold, queueIsFull, startSync } from "../harness/sync-server.ts";

describe("three sync workers", () => {
  let server: ServeProcess;
  before(async () => {
    server = await startSync(3);
  });
  after(() => server[Symbol.asyncDispose]());

  test("has as many slots as workers, which short requests take too", async () => {
    const { total, workerModel, workers } = await statsOf(server);
    assert.equal(workerModel, "sync");
    assert.equal(total.slots, 3);
    assert.equal(total.busySlots, 1);
    assert.deepEqual(
      workers.map(({ busySlots }) => busySlots).toSorted((a, b) => a - b),
      [0, 0, 1],
    );
  });

  test("sends the same bytes by every delivery as async workers", async () => {
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

  test("never has two connections on one worker, and leaves no slot taken", async () => {
    const answers = await Promise.all(
      Array.from({ length: 45 }, async (_, index) => {
        if (index % 3 === 0) return await statsOf(server);
        await (await fetch(`${server.url}/exports/orders.csv?rows=${index * 50}`)).text();
        return null;
      }),
    );
    const seen = answers.flatMap((answer) => answer?.workers ?? []);
    assert.equal(seen.length, 45);
    assert.ok(seen.every(({ busySlots, slots }) => slots === 1 && busySlots <= 1));
    assert.ok(seen.some(({ busySlots }) => busySlots === 1));
    const { total } = await statsOf(server);
    assert.equal(total.busySlots, 1);
  });

  test("cancels a transfer of a sync worker, and frees the worker", async () => {
    const holder = await hold(server);
    const running = (await transfersOf(server)).findLast(({ state }) => state === "running");
    const cancelled = await fetch(`${server.url}/transfers/${running?.id}`, { method: "DELETE" });
    assert.equal(cancelled.status, 202);
    const closed = once(holder.socket, "close");
    holder.socket.resume();
    await closed;
    await server.logged(({ state }) => state === "cancelled");
    for (;;) if ((await statsOf(server)).total.busySlots === 1) break;
  });
});

describe("one sync worker, for which five may wait", () => {
  let server: ServeProcess;
  before(async () => {
    server = await startSync(1, "--queue", "5", "--queue-timeout", "60s");
  });
  after(() => server[Symbol.asyncDispose]());

  // Comes first, because its first client must not wait for the connection of an earlier request.
  test("serves connections in order of arrival, and reports how long each waited", async () => {
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
    const { total } = await statsOf(server);
    const transfers = await transfersOf(server);
    const own = transfers.slice(1);
    assert.deepEqual(
      own.map(({ expectedRows }) => expectedRows),
      [11, 12, 13, 14, 15],
    );
    assert.equal(transfers[0]?.queueWaitSeconds, 0);
    const waits = own.map(({ queueWaitSeconds }) => queueWaitSeconds);
    assert.ok(waits.every((seconds) => seconds > 0));
    // The request for these numbers may have had to wait too.
    assert.ok(total.queueWaitSeconds > waits.reduce((sum, seconds) => sum + seconds) - 1e-6);
    assert.equal(total.queued, 0);
  });

  test("answers one request on a connection and closes it, whatever the client requested", async () => {
    const earlier = await transfersOf(server);
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
    const transfers = (await transfersOf(server)).slice(earlier.length);
    assert.deepEqual(
      transfers.map(({ expectedRows }) => expectedRows),
      [1],
    );
  });
});

test("refuses with 503 and Retry-After if the queue is full or the wait too long, and continues to serve", async () => {
  await using server = await startSync(1, "--queue", "1", "--queue-timeout", "2s");
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
  assert.equal(details.filter((detail) => detail.includes("none came free within 2 s")).length, 1);
  holder.socket.destroy();
  assert.equal(await (await fetch(`${server.url}/ping`)).text(), "pong");
});

test(
  "gives the place of clients that have left a full queue to one that comes",
  { skip: process.platform !== "linux" },
  async () => {
    await using server = await startSync(1, "--queue", "2", "--queue-timeout", "60s");
    const holder = await hold(server);
    const ask = "GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const left = await Promise.all([connectTo(server.url, ask), connectTo(server.url, ask)]);
    for (const { socket } of left) socket.destroy();
    for (const { socket } of left) if (!socket.closed) await once(socket, "close");
    const waiting = fetch(`${server.url}/ping`);
    const early = await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 200, "waits"))]);
    assert.equal(early, "waits");
    holder.socket.destroy();
    assert.equal(await (await waiting).text(), "pong");
  },
);

test(
  "gives up clients that leave a queue with room, and still answers one that only half-closed",
  { skip: process.platform !== "linux" },
  async () => {
    await using server = await startSync(1, "--queue", "8", "--queue-timeout", "60s");
    const holder = await hold(server);
    const left = await connectTo(server.url, get("/exports/orders.csv?rows=11"));
    left.socket.destroy();
    const halfClosed = await connectTo(server.url, get("/exports/orders.csv?rows=12"));
    halfClosed.socket.end();
    assert.match(await halfClosed.readAll(), /^HTTP\/1\.1 503 .*its client has closed its side/s);
    holder.socket.destroy();
    const transfers = await transfersOf(server);
    assert.deepEqual(
      transfers.filter(({ expectedRows }) => expectedRows === 11 || expectedRows === 12),
      [],
    );
  },
);

test("closes a connection that sends nothing, or only half a head, so that others are served", async () => {
  await using server = await startSync(1, "--slots", "1", "--header-timeout", "200ms");
  const silent = await connectTo(server.url);
  const slow = await connectTo(server.url, "GET /ping HTTP/1.1\r\nHost: local");
  assert.equal(await (await fetch(`${server.url}/ping`)).text(), "pong");
  assert.match(await silent.readAll(), /^HTTP\/1\.1 408 /);
  assert.match(await slow.readAll(), /^HTTP\/1\.1 408 /);
  const { total } = await statsOf(server);
  assert.equal(total.busySlots, 1);
  // One slot for each worker is what there is anyway.
  assert.equal(total.slots, 1);
});

test("refuses --slots with sync workers, and says why", async () => {
  const { exitCode, stderr } = await runCliInTurn([
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
});

test("refuses an unknown worker model", async () => {
  const { exitCode, stderr } = await runCliInTurn(["serve", "--port", "0", "--worker-model", "threads"]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /threads.*async, sync/s);
});
