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
