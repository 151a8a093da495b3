import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, constants, createServer } from "node:http2";
import { Readable } from "node:stream";
import { test } from "node:test";
import { Body } from "../../src/body/body.ts";
import { describeValue } from "../../src/body/chunk.ts";
import { csvChunks, HttpResponse, type Rows } from "../../src/index.ts";
import { portOf } from "../response/serving.ts";

async function csvOf(rows: Rows): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of csvChunks(rows)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

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

test("closes a Node stream that never emits close, and is destroyed later", { timeout: 5000 }, async () => {
  for (const isRead of [true, false]) {
    const stream = new Readable({
      objectMode: true,
      emitClose: false,
      read() {
        this.push({ id: 1 });
        this.push(null);
      },
      destroy: (error, done) => void setTimeout(done, 10, error),
    });
    if (isRead) assert.equal(await csvOf(stream), "id\r\n1\r\n");
    else await csvChunks(stream).return();
    assert.ok(stream.destroyed);
  }
});

test("waits until a Node stream that reports it is closed", async () => {
  let isClosed = false;
  const stream = new Readable({
    read() {},
    destroy(error, done) {
      setTimeout(() => {
        isClosed = true;
        done(error);
      }, 10);
    },
  });
  await new Body(stream).close();
  assert.ok(isClosed);
});

test("fails if a step of an iterator is not an object, instead of taking it for the end", async () => {
  for (const step of [undefined, null, "done"]) {
    const steps = [{ done: false, value: { id: 1 } }, step];
    const rows = { [Symbol.asyncIterator]: () => ({ next: async () => steps.shift() }) };
    const message = `The next() of a body's iterator gave ${describeValue(step)}, not an object with done and value.`;
    await assert.rejects(csvOf(rows as AsyncIterable<object>), { code: "SCSV_ARG_TYPE", message });
    const body: unknown = { [Symbol.iterator]: () => ({ next: () => step }) };
    await assert.rejects(HttpResponse.from(body as Iterable<string>), { message });
  }
});

test("fails if an HTTP/2 stream is reset before its end, which Node takes for the end", async (t) => {
  const { NGHTTP2_CANCEL } = constants;
  const server = createServer((req, res) => {
    res.write("id\n");
    if (req.url === "/whole") res.end("1\n");
    else
      setTimeout(
        () => (req.url === "/reset" ? res.stream.close(NGHTTP2_CANCEL) : res.stream.session?.destroy()),
        20,
      );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  for (const path of ["/whole", "/reset", "/session"]) {
    const session = connect(`http://127.0.0.1:${portOf(server)}`).on("error", () => undefined);
    const collected = HttpResponse.from(session.request({ ":path": path }));
    if (path === "/whole") assert.equal((await collected).text, "id\n1\n");
    else await assert.rejects(collected, { code: "ERR_STREAM_PREMATURE_CLOSE", message: /code 8\.$/ });
    session.destroy();
  }
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
