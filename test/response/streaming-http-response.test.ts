import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { inspect } from "node:util";
import { test } from "node:test";
import {
  FileResponse,
  HttpResponse,
  NotWritableError,
  StreamingHttpResponse,
  type StreamingBody,
} from "../../src/index.ts";
import { collect } from "./serving.ts";

function* syncChunks(): Generator<string, void, undefined> {
  yield "a";
  yield "b";
}

async function* asyncChunks(): AsyncGenerator<string, void, undefined> {
  yield* syncChunks();
}

const bodies: readonly (readonly [name: string, make: () => StreamingBody])[] = [
  ["a sync generator", syncChunks],
  ["an async generator", asyncChunks],
  ["an array", () => ["a", new Uint8Array([98])]],
  ["a lone string, as one chunk", () => "ab"],
  ["lone bytes, as one chunk", () => new Uint8Array([97, 98])],
  ["a lone ArrayBuffer", () => new Uint8Array([97, 98]).buffer],
  ["a Node stream", () => Readable.from(syncChunks())],
  ["a Web stream", () => Readable.toWeb(Readable.from(syncChunks()))],
  ["a Blob's stream", () => new Blob(["ab"]).stream()],
  ["a function", () => () => syncChunks()],
  ["an async function", () => async () => asyncChunks()],
];
for (const [name, make] of bodies) {
  test(`streams ${name}, once`, async () => {
    const response = new StreamingHttpResponse(make());
    assert.equal(await collect(response), "ab");
    assert.equal(await collect(response), "");
    assert.equal(await collect(response.streamingContent), "");
    await response.close();
    assert.deepEqual(response.closeErrors, []);
  });
}

test("gives one chunk for a lone string", async () => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of new StreamingHttpResponse("abc")) chunks.push(chunk);
  assert.deepEqual(chunks, [new Uint8Array([97, 98, 99])]);
});

test("is an empty stream without a body, and passes empty chunks on", async () => {
  assert.equal(await collect(new StreamingHttpResponse()), "");
  const chunks: Uint8Array[] = [];
  for await (const chunk of new StreamingHttpResponse(["", "a", new Uint8Array(0)])) chunks.push(chunk);
  assert.deepEqual(
    chunks.map((chunk) => chunk.byteLength),
    [0, 1, 0],
  );
});

test("refuses a value that is not a body at once, and one that is not a chunk when it is pulled", async () => {
  for (const body of [null, {}, true, Symbol("x")]) {
    assert.throws(() => Reflect.construct(StreamingHttpResponse, [body]), {
      name: "TypeError",
      code: "SCSV_ARG_TYPE",
    });
  }
  for (const chunk of [null, undefined, {}, true, ["a"]]) {
    const response: StreamingHttpResponse = Reflect.construct(StreamingHttpResponse, [[chunk]]);
    await assert.rejects(collect(response), { name: "TypeError", code: "SCSV_ARG_TYPE" });
  }
});

test("distinguishes the body's TypeError from its own", async () => {
  const response = new StreamingHttpResponse(() => {
    throw new TypeError("of the body");
  });
  await assert.rejects(collect(response), /^TypeError: of the body$/);
});

test("uses the async iterator if there are both", async () => {
  const both = { [Symbol.iterator]: () => ["sync"].values(), [Symbol.asyncIterator]: () => asyncChunks() };
  assert.equal(await collect(new StreamingHttpResponse(both)), "ab");
});

test("calls a producer when the first chunk is pulled, and not before", async () => {
  let calls = 0;
  const response = new StreamingHttpResponse(({ signal }) => {
    calls += 1;
    assert.equal(signal.aborted, false);
    return ["a"];
  });
  assert.equal(calls, 0);
  assert.equal(await collect(response), "a");
  assert.equal(calls, 1);
});

test("converts each chunk when it is pulled, in the charset of that moment", async () => {
  const response = new StreamingHttpResponse(["é", "é"], { charset: "utf-8" });
  const chunks = response.streamingContent[Symbol.asyncIterator]();
  assert.deepEqual(await chunks.next(), { done: false, value: new Uint8Array([0xc3, 0xa9]) });
  response.charset = "iso-8859-1";
  assert.deepEqual(await chunks.next(), { done: false, value: new Uint8Array([0xe9]) });
});

test("lets views share their progress", async () => {
  const response = new StreamingHttpResponse(["a", "b", "c"]);
  const first = response.streamingContent[Symbol.asyncIterator]();
  const second = response.streamingContent[Symbol.asyncIterator]();
  await first.next();
  assert.deepEqual((await second.next()).value, new Uint8Array([98]));
  assert.equal(await collect(response), "c");
});

async function* wrap(chunks: AsyncIterable<Uint8Array>, mark: string): AsyncGenerator<string> {
  for await (const chunk of chunks) yield `${mark}${Buffer.from(chunk).toString()}`;
}

test("can be wrapped and assigned back, more than once, without reading anything", async () => {
  let pulled = 0;
  const response = new StreamingHttpResponse(
    (function* () {
      for (const chunk of syncChunks()) {
        pulled += 1;
        yield chunk;
      }
    })(),
  );
  response.streamingContent = wrap(response.streamingContent, "1");
  response.streamingContent = wrap(response.streamingContent, "2");
  assert.equal(pulled, 0);
  assert.equal(await collect(response), "21a21b");
});

function* iterate(response: StreamingHttpResponse): Generator {
  // @ts-expect-error -- a body that comes over time has no sync iterator
  yield* response;
}

for (const make of [() => new StreamingHttpResponse("a"), () => new FileResponse("a")]) {
  const { name } = make().constructor;

  test(`throws a named error if ${name} is used as a buffered response`, () => {
    const response = make();
    for (const property of ["content", "text"]) {
      assert.throws(() => Reflect.get(response, property), {
        name: "TypeError",
        message: new RegExp(`^${name} `),
      });
      assert.throws(() => Reflect.set(response, property, "x"), { message: /Branch on streaming/ });
    }
    for (const method of ["write", "writeLines", "tell"]) {
      const call = (): unknown => Reflect.apply(Reflect.get(response, method), response, ["x"]);
      assert.throws(
        call,
        (error) => error instanceof NotWritableError && error.message.startsWith(`${name} has no`),
      );
    }
  });

  test(`can't be made to look buffered, nor be read by a sync loop, as ${name}`, () => {
    const response = make();
    assert.equal(response.streaming, true);
    assert.throws(() => Object.assign(response, { streaming: false }), TypeError);
    assert.throws(() => [...iterate(response)], TypeError);
  });
}

test("has no streamingContent on a buffered response", () => {
  assert.equal(Reflect.get(new HttpResponse(), "streamingContent"), undefined);
  assert.equal(new HttpResponse().streaming, false);
});

test("can be inspected, logged and serialised without being read", async () => {
  const response = new StreamingHttpResponse(syncChunks(), {
    contentType: "text/csv",
    headers: { "X-A": 1 },
  });
  assert.equal(
    inspect(response, { depth: 5, showHidden: true, getters: true }),
    '<StreamingHttpResponse statusCode=200, "text/csv">',
  );
  assert.equal(String(response), '<StreamingHttpResponse statusCode=200, "text/csv">');
  assert.equal(Buffer.from(response.toBytes()).toString(), "X-A: 1\r\nContent-Type: text/csv\r\n\r\n");
  JSON.stringify(response);
  assert.equal(await collect(response), "ab");
});

test("reports a Node stream's error only when it is read", async () => {
  const response = new StreamingHttpResponse(createReadStream("does/not/exist"));
  await new Promise((resolve) => void setTimeout(resolve, 20));
  await assert.rejects(collect(response), { code: "ENOENT" });
});

test("refuses a number that a producer or a promise gives for the whole body", async () => {
  for (const body of [() => 5, () => Promise.resolve(5n), Promise.resolve(5)])
    await assert.rejects(
      async () => {
        for await (const chunk of new StreamingHttpResponse(body as never)) assert.fail(String(chunk));
      },
      { name: "TypeError", code: "SCSV_ARG_TYPE", message: /5 is not a body/ },
    );
});
