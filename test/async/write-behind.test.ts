import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { WriteBehind } from "../../src/async/write-behind.ts";

/** Writing that lasts until it is told how it ended. */
function slowWrites() {
  const ends: PromiseWithResolvers<void>[] = [];
  const write = (): Promise<void> => {
    const end = resolvers<void>();
    ends.push(end);
    return end.promise;
  };
  return { ends, write };
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function resolvers<T>(): PromiseWithResolvers<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((onDone, onFailed) => ([resolve, reject] = [onDone, onFailed]));
  return { promise, resolve, reject };
}

test("begins to write at once, and waits only for the piece before", async () => {
  const { ends, write } = slowWrites();
  const stopped: unknown[] = [];
  const writing = new WriteBehind((error) => stopped.push(error));
  await writing.begin(write);
  assert.equal(ends.length, 1);
  let hasBegun = false;
  const second = writing.begin(write).then(() => (hasBegun = true));
  await setImmediate();
  assert.deepEqual([ends.length, hasBegun], [1, false]);
  ends[0]?.resolve();
  await second;
  assert.equal(ends.length, 2);
  let hasFinished = false;
  const finished = writing.finish().then(() => (hasFinished = true));
  await setImmediate();
  assert.equal(hasFinished, false);
  ends[1]?.resolve();
  await finished;
  assert.deepEqual(stopped, []);
});

test("stops the making as soon as writing fails, and tells it to what comes next", async () => {
  for (const next of ["begin", "finish"] as const) {
    const { ends, write } = slowWrites();
    const stopped: unknown[] = [];
    const writing = new WriteBehind((error) => stopped.push(error));
    const full = new Error("the disk is full");
    await writing.begin(write);
    ends[0]?.reject(full);
    await setImmediate();
    assert.deepEqual(stopped, [full]);
    await assert.rejects(writing[next](write), full);
    assert.equal(ends.length, 1);
    assert.equal(await writing.abandon(new Error("the making was stopped")), full);
  }
});

test("waits after a failure until nothing is written, and gives what failed first", async () => {
  const { ends, write } = slowWrites();
  const stopped: unknown[] = [];
  const writing = new WriteBehind((error) => stopped.push(error));
  await writing.begin(write);
  const gone = new Error("the source is gone");
  let isOver = false;
  const abandoned = writing.abandon(gone).finally(() => (isOver = true));
  await setImmediate();
  assert.deepEqual([stopped, isOver], [[gone], false]);
  ends[0]?.reject(new Error("the writing was stopped"));
  assert.equal(await abandoned, gone);
});
