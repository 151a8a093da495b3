import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { StreamCsvError } from "../../../../src/errors.ts";
import { FreeOnly } from "../../../../src/server/primary/placement/free-only.ts";
import { makePlacement } from "./make-placement.ts";

test("hands a connection to a free worker, and makes the next wait until a worker is free", () => {
  const { placement, handedOver, connect, advance } = makePlacement(FreeOnly);
  placement.join("one");
  const [first, second] = [connect(), connect()];
  assert.deepEqual(handedOver, [{ worker: "one", socket: first, waited: 0 }]);
  assert.equal(placement.backlog.queued, 1);
  advance(250);
  assert.equal(placement.backlog.queueWaitSeconds, 0.25);
  placement.free("one", 0.25);
  assert.deepEqual(handedOver[1], { worker: "one", socket: second, waited: 0.25 });
  advance(1000);
  assert.equal(placement.backlog.queueWaitSeconds, 0.25);
  placement.close(new Error("the end"));
});

test("counts the time in which no worker was free", () => {
  const { placement, connect, advance } = makePlacement(FreeOnly);
  placement.join("one");
  placement.join("two");
  advance(1000);
  connect();
  advance(1000);
  connect();
  advance(500);
  assert.equal(placement.backlog.allBusySeconds, 0.5);
  placement.free("two", 0.5);
  advance(4000);
  assert.equal(placement.backlog.allBusySeconds, 0.5);
});

test("queues as many connections as --queue allows for each worker, and refuses others with Retry-After", () => {
  const { placement, refused, connect } = makePlacement(FreeOnly, { workers: 2, queue: 1 });
  placement.join("one");
  placement.join("two");
  for (let count = 0; count < 4; count += 1) connect();
  assert.equal(placement.backlog.queued, 2);
  const late = connect();
  assert.deepEqual(
    refused.map(({ socket }) => socket),
    [late],
  );
  const reason = refused[0]?.reason;
  assert.ok(reason instanceof StreamCsvError);
  assert.equal(reason.code, "SCSV_BUSY");
  assert.match(reason.message, /All 2 sync workers have a connection, and the queue is full\./);
  assert.equal(reason.retryAfterSeconds, 2);
  placement.close(new Error("the end"));
});

test("gives a later Retry-After when recent connections held workers longer", () => {
  const { placement, refused, connect } = makePlacement(FreeOnly, { workers: 1, queue: 0 });
  placement.join("one");
  for (let count = 0; count < 100; count += 1) {
    connect();
    placement.free("one", 60);
  }
  connect();
  connect();
  const reason = refused[0]?.reason;
  assert.ok(reason instanceof StreamCsvError && reason.retryAfterSeconds === 60);
});

test("refuses a connection that waits longer than the time-out, and continues with the next", async () => {
  const { placement, handedOver, refused, connect } = makePlacement(FreeOnly, {
    workers: 1,
    queueTimeoutMs: 5,
  });
  placement.join("one");
  connect();
  const waiting = connect();
  while (refused.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(refused[0]?.socket, waiting);
  assert.match(String(refused[0]?.reason), /none came free within 0\.005 s/);
  assert.equal(placement.backlog.queued, 0);
  placement.free("one", 1);
  const next = connect();
  assert.equal(handedOver[1]?.socket, next);
});

test("loses no waiting connection when workers die, and hands none to a dead worker", () => {
  const { placement, handedOver, connect } = makePlacement(FreeOnly);
  placement.join("one");
  const [, second] = [connect(), connect()];
  placement.leave("one");
  placement.free("one", 1);
  assert.equal(placement.backlog.queued, 1);
  placement.join("two");
  assert.deepEqual([handedOver[1]?.worker, handedOver[1]?.socket], ["two", second]);
});

test("is drained when no connection waits or is served, and refuses all connections once closed", async () => {
  const { placement, refused, connect } = makePlacement(FreeOnly);
  await placement.drained();
  placement.join("one");
  connect();
  const waiting = connect();
  let isDrained = false;
  const drained = placement.drained().then(() => (isDrained = true));
  const reason = new Error("closed");
  placement.close(reason);
  assert.deepEqual(refused, [{ socket: waiting, reason }]);
  await Promise.resolve();
  assert.equal(isDrained, false);
  placement.free("one", 1);
  await drained;
  connect();
  assert.equal(refused.length, 2);
});

test("never gives a worker two connections, serves in order of arrival, and loses none, for any sequence of events", () => {
  const event = fc.constantFrom("connect", "free", "die", "join");
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), fc.infiniteStream(fc.nat()), (events, choices) => {
      const { placement, handedOver, refused, connect, connections } = makePlacement(FreeOnly, {
        queue: 1000,
      });
      const alive = new Set<string>();
      const serving = new Set<string>();
      const any = (workers: Set<string>): string | undefined =>
        [...workers][(choices.next().value ?? 0) % Math.max(1, workers.size)];
      let seen = 0;
      for (const [index, what] of events.entries()) {
        const worker = what === "free" ? any(serving) : any(alive);
        if (what === "connect") connect();
        else if (what === "join") {
          alive.add(`w${index}`);
          placement.join(`w${index}`);
        } else if (worker !== undefined) {
          serving.delete(worker);
          if (what === "free") placement.free(worker, 0.1);
          else {
            alive.delete(worker);
            placement.leave(worker);
          }
        }
        for (const { worker: taken } of handedOver.slice(seen)) {
          assert.ok(alive.has(taken) && !serving.has(taken), `${taken} was given a second connection`);
          serving.add(taken);
        }
        seen = handedOver.length;
        const isAnyFree = serving.size < alive.size;
        assert.ok(placement.backlog.queued === 0 || !isAnyFree, "somebody waits though a worker is free");
      }
      assert.deepEqual(
        handedOver.map(({ socket }) => socket),
        connections.slice(0, handedOver.length),
      );
      placement.close(new Error("the end"));
      assert.equal(handedOver.length + refused.length, connections.length);
    }),
  );
});
