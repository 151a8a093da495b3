import assert from "node:assert/strict";
import { test } from "node:test";
import { Body } from "../../src/body/body.ts";
import { describeValue } from "../../src/body/chunk.ts";

test("returns the steps of a sync source without a promise, and those of an async source with one", async () => {
  assert.deepEqual(new Body(["a"]).pull(), { done: false, value: "a" });
  assert.ok(new Body(async function* () {}).pull() instanceof Promise);
  assert.ok(
    new Body(new ReadableStream({ start: (controller) => controller.close() })).pull() instanceof Promise,
  );
});

test("is at its end after closing", async () => {
  const body = new Body(["a", "b"]);
  await body.close();
  assert.deepEqual(body.pull(), { done: true, value: undefined });
});

test("aborts a signal that the producer gets only after closing", async () => {
  const signals: AbortSignal[] = [];
  const body = new Body((context: { readonly signal: AbortSignal }) => {
    signals.push(context.signal);
    return ["a"];
  });
  body.accept(await body.pull());
  body.abort("reason");
  assert.equal(signals[0]?.aborted, true);
  assert.equal(signals[0]?.reason, "reason");
});

test("doesn't cancel a failed Web stream, because that would only throw its error again", async () => {
  const body = new Body(
    new ReadableStream({
      pull: () => {
        throw new Error("broken");
      },
    }),
  );
  await assert.rejects(async () => body.pull(), /broken/);
  await body.close();
});

test("describes values briefly for messages", () => {
  const names: readonly (readonly [value: unknown, name: string])[] = [
    ["a\n", '"a\\n"'],
    ["x".repeat(100), `"${"x".repeat(60)}…"`],
    [null, "null"],
    [undefined, "undefined"],
    [7, "7"],
    [() => 1, "a function"],
    [{}, "an instance of Object"],
    [Object.create(null), "an object"],
    [new Map(), "an instance of Map"],
  ];
  for (const [value, name] of names) assert.equal(describeValue(value), name);
});
