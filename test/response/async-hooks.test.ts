import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import { once } from "node:events";
import { test } from "node:test";
import { HttpResponse, StreamingHttpResponse, type SendOptions } from "../../src/index.ts";
import { ask, readAll, serve, until } from "./serving.ts";

const hookFails = new Error("the hook failed");
const reject = (async () => {
  await Promise.resolve();
  throw hookFails;
}) as unknown as () => HttpResponse;

/** A hook that is an async function, although its type says otherwise: JavaScript and lenient types allow it. */
const hooks: Readonly<Record<string, SendOptions>> = {
  onError: { onError: reject },
  onErrorBeforeHead: { onErrorBeforeHead: reject },
  both: { onError: reject, onErrorBeforeHead: reject },
};

for (const [name, options] of Object.entries(hooks)) {
  test(`keeps the error of an async hook with the response, unhandled by nobody: ${name}`, async (t) => {
    const response = new StreamingHttpResponse(() => {
      throw new Error("the body failed");
    });
    const server = await serve(t, () => response, { primeFirstChunk: true, ...options });
    const answer = await readAll(await ask(t, server.port, "GET / HTTP/1.1", "Connection: close"));
    assert.match(answer, /^HTTP\/1\.1 500 /);
    assert.equal((await server.outcome()).error?.message, "the body failed");
    await until(() => response.closeErrors.includes(hookFails));
  });
}

test("keeps the error of an async onError of a response", async () => {
  const closerFails = new Error("the closer failed");
  const response = new HttpResponse("", { onError: reject });
  response.onClose(() => {
    throw closerFails;
  });
  await response.close();
  await until(() => response.closeErrors.length > 0);
  assert.deepEqual(response.closeErrors, [closerFails, hookFails]);
});

test("reports what onErrorBeforeHead returned instead of a response, and closes a stream", async (t) => {
  const errors: Error[] = [];
  const stream = new StreamingHttpResponse(["sorry"], { statusCode: 503 });
  const server = await serve(t, () => new StreamingHttpResponse(() => 5 as unknown as string), {
    primeFirstChunk: true,
    onErrorBeforeHead: () => stream as unknown as HttpResponse,
    onError: (error) => errors.push(error),
  });
  const answer = await readAll(await ask(t, server.port, "GET / HTTP/1.1", "Connection: close"));
  assert.match(answer, /^HTTP\/1\.1 500 /);
  await server.outcome();
  assert.match(
    errors[0]?.message ?? "",
    /onErrorBeforeHead must return an HttpResponse, not an instance of Streaming/,
  );
  await until(() => stream.closed);
});

test("says what to do when onErrorBeforeHead returns a response of another copy of the package", async (t) => {
  const errors: Error[] = [];
  const foreign = { streaming: false, onClose: () => undefined };
  const server = await serve(t, () => new StreamingHttpResponse(() => Promise.reject(new Error("away"))), {
    primeFirstChunk: true,
    onErrorBeforeHead: () => foreign as unknown as HttpResponse,
    onError: (error) => errors.push(error),
  });
  const answer = await readAll(await ask(t, server.port, "GET / HTTP/1.1", "Connection: close"));
  assert.match(answer, /^HTTP\/1\.1 500 /);
  await server.outcome();
  assert.match(errors[0]?.message ?? "", /of another copy of this package: .*npm ls stream-csv/);
});

test("refuses async values of trailers, headers in a promise, and objects that hold no headers", async (t) => {
  const trailers = { names: ["X-Rows"], values: async () => ({ "X-Rows": 1 }) };
  const server = await serve(t, () => new StreamingHttpResponse(["a"], { trailers: trailers as never }));
  const answer = await readAll(
    await ask(t, server.port, "GET / HTTP/1.1", "TE: trailers", "Connection: close"),
  );
  // The last chunk would tell the client that the body is whole.
  assert.doesNotMatch(answer, /\r\n0\r\n/);
  assert.match((await server.outcome()).error?.message ?? "", /values\(\) of trailers must return an object/);
  const wrong = [Promise.resolve({ a: "b" }), new Date(), /x/, new WeakMap()];
  for (const headers of wrong)
    assert.throws(() => new HttpResponse("", { headers: headers as never }), { code: "SCSV_ARG_TYPE" });
  const right = [
    {},
    Object.create(null),
    runInNewContext("({})"),
    new Map(),
    new Headers(),
    Object.freeze({}),
  ];
  for (const headers of right)
    assert.equal(new HttpResponse("", { headers: headers as never }).headers.size, 1);
});

test("passes on an error of another realm as it is", async (t) => {
  const body: AsyncIterable<string> = runInNewContext(
    "(async function* () { yield 'a'; throw Object.assign(new TypeError('elsewhere'), { code: 'X' }); })()",
  );
  const server = await serve(t, () => new StreamingHttpResponse(body));
  const socket = await ask(t, server.port, "GET / HTTP/1.1", "Connection: close");
  socket.resume();
  await once(socket, "close");
  assert.equal((await server.outcome()).error?.message, "elsewhere");
});

test("collects a body whose return() never settles", { timeout: 60_000 }, async () => {
  let left = 2;
  const body = {
    [Symbol.asyncIterator]: () => ({
      next: async () => (left-- > 0 ? { done: false, value: "x" } : { done: true, value: undefined }),
      return: () => new Promise<never>(() => undefined),
    }),
  };
  assert.equal((await HttpResponse.from(body as never)).text, "xx");
});

test("rejects with the error of the body's clean-up, when collecting it", async () => {
  const body = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: true, value: undefined }),
      return: async () => {
        throw new Error("not released");
      },
    }),
  };
  await assert.rejects(HttpResponse.from(body as never), /not released/);
});
