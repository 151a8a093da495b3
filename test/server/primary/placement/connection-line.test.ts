import assert from "node:assert/strict";
import { test } from "node:test";
import { FreeOnly } from "../../../../src/server/primary/placement/free-only.ts";
import { RoundRobin } from "../../../../src/server/primary/placement/round-robin.ts";
import { makePlacement } from "./make-placement.ts";

for (const Kind of [FreeOnly, RoundRobin]) {
  test(`${Kind.name}: a full queue first refuses clients that have closed their side`, () => {
    const { placement, refused, left, connect, advance } = makePlacement(Kind, { workers: 1, queue: 2 });
    const [first, second] = [connect(), connect()];
    left.add(first);
    const third = connect();
    assert.deepEqual(
      refused.map(({ socket }) => socket),
      [first],
    );
    assert.equal(placement.backlog.queued, 2);
    // The kernel isn't asked for every connection.
    left.add(second);
    const fourth = connect();
    assert.equal(refused[1]?.socket, fourth);
    advance(1000);
    const fifth = connect();
    assert.deepEqual([refused[2]?.socket, refused.length], [second, 3]);
    left.add(third).add(fifth);
    placement.close(new Error("the end"));
  });

  test(`${Kind.name}: refuses clients that close their side while they wait, and asks no more when none waits`, (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { placement, refused, left, connect, advance, looks } = makePlacement(Kind);
    const second = (): void => {
      advance(1000);
      t.mock.timers.tick(1000);
    };
    const [first, last] = [connect(), connect()];
    second();
    assert.deepEqual([refused.length, looks()], [0, 1]);
    left.add(first);
    second();
    assert.deepEqual(
      refused.map(({ socket }) => socket),
      [first],
    );
    assert.match(String(refused[0]?.reason.message), /its client has closed its side/);
    assert.equal(placement.backlog.queued, 1);
    left.add(last);
    second();
    assert.equal(placement.backlog.queued, 0);
    second();
    assert.equal(looks(), 3);
    connect();
    second();
    assert.equal(looks(), 4);
    placement.close(new Error("the end"));
  });

  test(`${Kind.name}: once closed, it refuses connections that wait and new ones, though a worker is ready`, () => {
    const { placement, refused, handedOver, connect } = makePlacement(Kind);
    const reason = new Error("the end");
    const waiting = connect();
    placement.close(reason);
    placement.join("one");
    const late = connect();
    assert.deepEqual(refused, [
      { socket: waiting, reason },
      { socket: late, reason },
    ]);
    assert.deepEqual(handedOver, []);
    assert.equal(placement.backlog.queued, 0);
  });
}
