import assert from "node:assert/strict";
import { test } from "node:test";
import { Body } from "../../src/body/body.ts";
import { describeValue } from "../../src/body/chunk.ts";

test("gives a sync source's steps without a promise, and an async source's with one", async () => {
  assert.deepEqual(new Body(["a"]).pull(), { done: false, value: "a" });
  assert.ok(new Body(async function* () {}).pull() instanceof Promise);
  assert.ok(
    new Body(new ReadableStream({ start: (controller) => controller.close() })).pull() instanceof Promise,
  );
});

test("is at its end once it was closed", async () => {
  const body = new Body(["a", "b"]);
  await body.close();
  assert.deepEqual(body.pull(), { done: true, value: undefined });
});

test("aborts the signal of a producer that asks for it late", async () => {
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

test("cancels no Web stream that has failed, since that would only throw its error again", async () => {
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

test("names values for messages shortly", () => {
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
