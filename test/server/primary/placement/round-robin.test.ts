import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import * as fc from "fast-check";
import { StreamCsvError } from "../../../../src/errors.ts";
import { RoundRobin } from "../../../../src/server/primary/placement/round-robin.ts";
import { makePlacement } from "./make-placement.ts";

test("hands connections to the workers in turn", () => {
  const { placement, connect, workers } = makePlacement(RoundRobin);
  for (const worker of ["one", "two", "three"]) placement.join(worker);
  for (let count = 0; count < 6; count += 1) connect();
  assert.deepEqual(workers(), ["one", "two", "three", "one", "two", "three"]);
});

test("lets connections wait in order while no worker is ready, and counts them and their waiting time", () => {
  const { placement, handedOver, connect, advance } = makePlacement(RoundRobin);
  const [first, second] = [connect(), connect()];
  advance(500);
  assert.deepEqual(placement.backlog, { queued: 2, queueWaitSeconds: 1, allBusySeconds: null });
  placement.join("one");
  assert.deepEqual(handedOver, [
    { worker: "one", socket: first, waited: 0.5 },
    { worker: "one", socket: second, waited: 0.5 },
  ]);
  assert.equal(placement.backlog.queued, 0);
});

test("refuses a connection with Retry-After if the queue is full or it waits too long", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { placement, refused, connect } = makePlacement(RoundRobin, {
    queue: 2,
    workers: 1,
    queueTimeoutMs: 1000,
  });
  const waiting = [connect(), connect()];
  const beyond = connect();
  assert.deepEqual(
    refused.map(({ socket }) => socket),
    [beyond],
  );
  t.mock.timers.tick(1000);
  assert.deepEqual(
    refused.map(({ socket }) => socket),
    [beyond, ...waiting],
  );
  for (const { reason } of refused) {
    assert.ok(reason instanceof StreamCsvError);
    assert.deepEqual([reason.code, reason.status, reason.retryAfterSeconds], ["SCSV_BUSY", 503, 1]);
  }
  assert.equal(placement.backlog.queued, 0);
});

test("gives a silent worker no connection while another answers, and its share again afterwards", () => {
  const { placement, connect, workers } = makePlacement(RoundRobin);
  placement.join("one");
  placement.join("two");
  placement.suspend("one");
  for (let count = 0; count < 3; count += 1) connect();
  assert.deepEqual(workers(), ["two", "two", "two"]);
  placement.suspend("two");
  connect();
  assert.equal(workers().length, 4, "where all are silent one of them gets it");
  placement.resume("one");
  placement.resume("two");
  connect();
  connect();
  assert.deepEqual(new Set(workers().slice(-2)), new Set(["one", "two"]));
});

test("is drained when no connection waits, and refuses all connections once closed", async () => {
  const { placement, refused, connect } = makePlacement(RoundRobin);
  await placement.drained();
  const waiting = connect();
  const drained = placement.drained();
  placement.close(new Error("the end"));
  await drained;
  const late = connect();
  assert.deepEqual(
    refused.map(({ socket }) => socket),
    [waiting, late],
  );
});

test("neither loses nor duplicates a connection, whatever happens to the workers", () => {
  const step = fc.tuple(
    fc.constantFrom("connect", "join", "leave", "suspend", "resume"),
    fc.constantFrom("a", "b", "c"),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const { placement, handedOver, refused, connect } = makePlacement(RoundRobin, { queue: 3, workers: 2 });
      const ready = new Set<string>();
      const made: Socket[] = [];
      for (const [what, worker] of steps) {
        if (what === "connect") {
          const before = handedOver.length;
          made.push(connect());
          if (handedOver.length > before) assert.ok(ready.has(handedOver.at(-1)?.worker ?? ""));
        } else if (what === "join") {
          if (!ready.has(worker)) placement.join(worker);
          ready.add(worker);
        } else if (what === "leave") {
          placement.leave(worker);
          ready.delete(worker);
        } else if (ready.has(worker)) placement[what](worker);
      }
      placement.close(new Error("the end"));
      const placed = [...handedOver, ...refused].map(({ socket }) => socket);
      assert.equal(placed.length, made.length);
      assert.deepEqual(new Set(placed), new Set(made));
    }),
  );
});
