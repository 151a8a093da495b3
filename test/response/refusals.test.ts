import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer as createHttp2Server } from "node:http2";
import { test } from "node:test";
import * as zlib from "node:zlib";
import {
  BadHeaderError,
  compress,
  FileResponse,
  fromWebResponse,
  HttpResponse,
  send,
  StreamingHttpResponse,
  toWebResponse,
} from "../../src/index.ts";
import { ResponseHeaders } from "../../src/response/head/response-headers.ts";
import { collect, portOf, until } from "./serving.ts";

/** Makes calls that the types forbid. */
function call(run: (value: never) => unknown, value: unknown): () => unknown {
  return () => run(value as never);
}

const wrongType = { name: "TypeError", code: "SCSV_ARG_TYPE" };
const wrongRange = { name: "RangeError", code: "SCSV_ARG_RANGE" };

test("refuses a streaming body that can't yield chunks, at construction and at assignment", () => {
  for (const value of [5, 5n, Number.NaN, true, false, null, {}, Symbol("a"), new Date(), new Error("a")]) {
    assert.throws(
      call((body) => new StreamingHttpResponse(body), value),
      wrongType,
    );
    assert.throws(
      call((body) => (new StreamingHttpResponse().streamingContent = body), value),
      wrongType,
    );
    assert.throws(
      call((body) => new FileResponse(body), value),
      wrongType,
    );
  }
});

test("says what to write when send() gets rows, a swapped pair, or what a framework wraps it in", async () => {
  const answer = (): HttpResponse => new HttpResponse("");
  const req = { httpVersionMajor: 1 };
  const res = { writeHead: () => undefined };
  const cases: readonly (readonly [args: readonly unknown[], said: RegExp])[] = [
    [
      [[{ id: 1 }], req, res],
      /takes a response, not an instance of Array\. Make one, such as csvResponse\(rows\)/,
    ],
    [
      [{ streaming: true, onClose: () => undefined }, req, res],
      /takes a response, not an instance of Object\. It is of another copy of this package: .*npm ls stream-csv/,
    ],
    [[answer(), res, req], /Swap them: send\(response, req, res\)\.$/],
    [
      [answer(), { raw: req }, { raw: res }],
      /Give those inside: send\(response, request\.raw, reply\.raw\)\.$/,
    ],
    [[answer(), { req }, { res }], /Give those inside: send\(response, ctx\.req, ctx\.res\)\.$/],
    [
      // The version as a text, as in the pairs of serverless-http.
      [answer(), { headers: {}, httpVersionMajor: "1" }, { ...res, end: () => undefined }],
      /These are imitations without a connection, .*toWebResponse\(response, req\)\.$/,
    ],
    [[answer(), req, undefined], /not an instance of Object and undefined\.$/],
  ];
  for (const [args, message] of cases)
    await assert.rejects(send(...(args as Parameters<typeof send>)), { ...wrongType, message });
});

test("refuses headers of the wrong shape", () => {
  const bad = ["ab", ["ab"], [["a"]], [["a", "b", "c"]], [{}], [1], null, 5, [null]];
  for (const value of bad) {
    assert.throws(
      call((headers) => new ResponseHeaders(headers), value),
      wrongType,
      JSON.stringify(value),
    );
    assert.throws(
      call((headers) => new HttpResponse("", { headers }), value),
      wrongType,
    );
  }
});

test("refuses half of a surrogate pair in the value of a header", () => {
  for (const value of ["\ud800", "a\udc00b", "\udc00\ud800"]) {
    assert.throws(() => new ResponseHeaders({ "X-A": value }), BadHeaderError);
    assert.throws(() => new HttpResponse("", { contentType: value }), BadHeaderError);
  }
  assert.equal(new ResponseHeaders({ "X-A": "😀" }).get("x-a"), "=?utf-8?b?8J+YgA==?=");
});

test("refuses trailers that a client needs before the body, and invalid names", () => {
  const values = (): Record<string, string> => ({});
  const names = [
    "Content-Length",
    "transfer-encoding",
    "Content-Encoding",
    "Trailer",
    "Set-Cookie",
    "Host",
    "a b",
    "",
  ];
  for (const name of names) {
    assert.throws(
      () => new StreamingHttpResponse([], { trailers: { names: ["X-A", name], values } }),
      BadHeaderError,
    );
    assert.throws(() => (new StreamingHttpResponse().trailers = { names: [name], values }), BadHeaderError);
  }
  for (const trailers of [5, null, { names: "X-A", values }, { names: ["X-A"] }]) {
    assert.throws(
      call((value) => new StreamingHttpResponse([], { trailers: value }), trailers),
      wrongType,
    );
  }
});

test("refuses cookies that browsers drop", () => {
  const dropped = [
    ["__Host-a", {}],
    ["__host-a", {}],
    ["__Host-a", { secure: true, path: "/a" }],
    ["__Host-a", { secure: true, domain: "example.org" }],
    ["__Secure-a", {}],
    ["__SECURE-a", { path: "/a" }],
    ["a", { sameSite: "None" }],
    ["a", { partitioned: true }],
  ] as const;
  for (const [name, options] of dropped) {
    const response = new HttpResponse();
    assert.throws(() => response.setCookie(name, "1", options), { ...wrongRange, message: /Browsers drop/ });
    assert.deepEqual(response.cookies, []);
  }
  assert.throws(() => new HttpResponse().deleteCookie("__Host-a", { domain: "example.org" }), wrongRange);
});

test("refuses arguments of cookies of the wrong type, with a code", () => {
  const bad: readonly object[] = [
    { expires: 10 },
    { expires: null },
    { expires: {} },
    { maxAge: "10" },
    { maxAge: 10n },
    { path: 5 },
    { domain: null },
    { secure: "yes" },
    { httpOnly: 1 },
    { sameSite: true },
    { partitioned: "no" },
    { encode: "utf-8" },
  ];
  for (const options of bad) {
    assert.throws(
      call((value) => new HttpResponse().setCookie("a", "1", value), options),
      wrongType,
      JSON.stringify(Object.keys(options)),
    );
  }
  assert.throws(
    call((value) => new HttpResponse().setCookie("a", "1", value), null),
    wrongType,
  );
  assert.throws(
    call((value) => new HttpResponse().setCookie("a", value), 5),
    wrongType,
  );
  assert.throws(
    call((value) => new HttpResponse().setCookie(value, "a"), 5),
    wrongType,
  );
  assert.throws(
    call((value) => new HttpResponse().deleteCookie("a", value), { sameSite: 5 }),
    wrongType,
  );
  for (const name of ["a:b", "a/b", "{a}", "a,b", '"a"', "a@b"])
    assert.throws(() => new HttpResponse().setCookie(name, "1"), BadHeaderError);
});

test("refuses unknown codings, and levels that one of them doesn't have, when the transform is made", () => {
  const bad: readonly object[] = [
    { codings: ["GZIP"] },
    { codings: ["gzip", "deflate"] },
    { codings: ["toString"] },
    { codings: ["gzip"], level: 10 },
    { codings: ["gzip"], level: -1 },
    { codings: ["gzip"], level: 1.5 },
    { codings: ["gzip"], level: Number.NaN },
    { codings: ["br"], level: 12 },
    { codings: ["zstd"], level: 23 },
    { codings: ["zstd"], level: 99 },
    { codings: ["zstd"], level: 0 },
    { codings: ["br", "gzip"], level: 11 },
    { level: 11 },
  ];
  for (const options of bad) {
    assert.throws(
      call((value) => compress(value), options),
      wrongRange,
      JSON.stringify(options),
    );
  }
  for (const options of [{ codings: "gzip" }, { level: "6" }])
    assert.throws(
      call((value) => compress(value), options),
      wrongType,
    );
  for (const options of [
    { codings: ["br"], level: 11 },
    { codings: ["zstd"], level: 22 },
    { level: 9 },
    { codings: [] },
  ])
    compress(options as Parameters<typeof compress>[0]);
});

const hasZstd = "createZstdCompress" in zlib;

/** The window that a zstd frame asks of its reader (RFC 8878, section 3.1.1.1.2). */
function windowOf(frame: Uint8Array): number {
  const [descriptor = 0, window = 0, firstOfSize = 0] = frame.subarray(4);
  const isSingle = (descriptor & 0x20) !== 0;
  // A frame of one segment needs as much as its content, whose size stands there instead.
  if (isSingle) return firstOfSize;
  const base = 2 ** (10 + (window >> 3));
  return base + (base / 8) * (window & 7);
}

test(
  "uses no zstd window that browsers refuse, at any level",
  { skip: !hasZstd && "no zstd here" },
  async () => {
    const request = { headers: { "accept-encoding": "zstd" } };
    for (const level of [1, 3, 19, 20, 21, 22]) {
      const transform = compress({ codings: ["zstd"], level });
      const response = transform(request, new StreamingHttpResponse(["a".repeat(1000)]));
      assert.ok(response.streaming);
      const parts: Uint8Array[] = [];
      for await (const part of response) parts.push(part);
      const window = windowOf(Buffer.concat(parts));
      assert.ok(window <= 8 * 1024 ** 2, `level ${level}: ${window}`);
    }
  },
);

test("calls close() of an iterable that a buffered response has read, even after a failure", async () => {
  const closed: string[] = [];
  const iterable = (name: string, chunks: readonly unknown[]): Iterable<string> & { close(): void } => ({
    *[Symbol.iterator]() {
      yield* chunks as string[];
    },
    close: () => void closed.push(name),
  });
  assert.equal(new HttpResponse(iterable("whole", ["a", "b"])).text, "ab");
  assert.throws(() => new HttpResponse(iterable("failing", ["a", {}])), TypeError);
  const response = new HttpResponse("a");
  response.content = iterable("assigned", ["c"]);
  assert.deepEqual(closed, ["whole", "failing", "assigned"]);
  const errors: Error[] = [];
  const failing = Object.assign(["a"], {
    close() {
      throw new Error("close");
    },
  });
  assert.equal(new HttpResponse(failing, { onError: (error) => errors.push(error) }).text, "a");
  await until(() => errors.length === 1);
});

test("refuses a request of HTTP/2 with a sentence, and closes the response", async (t) => {
  const response = new StreamingHttpResponse(["a"]);
  let refusal: unknown;
  const server = createHttp2Server((req, res) => {
    send(response, req as never, res as never).catch((error: unknown) => {
      refusal = error;
      res.writeHead(501).end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect(`http://127.0.0.1:${portOf(server)}`);
  t.after(() => {
    client.close();
    server.close();
  });
  const stream = client.request({ ":path": "/" });
  const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
  stream.resume();
  await once(stream, "end");
  assert.equal(headers[":status"], 501);
  assert.throws(
    () => {
      throw refusal;
    },
    { ...wrongType, message: /HTTP\/2\.0.*node:http2/ },
  );
  assert.ok(response.closed);
});

test("refuses objects that aren't Node's request and response, and invalid limits, and closes the response", async () => {
  for (const pair of [
    [null, null],
    [{}, {}],
    [new Request("http://a/"), new Response()],
  ]) {
    const response = new StreamingHttpResponse(["a"]);
    await assert.rejects(Reflect.apply(send, undefined, [response, ...pair]) as Promise<unknown>, wrongType);
    assert.ok(response.closed);
  }
});

test("fails a Web body whose length differs from its Content-Length", async () => {
  const promise = (chunks: readonly string[], length: number): Response =>
    toWebResponse(new StreamingHttpResponse(chunks, { headers: { "Content-Length": length } }));
  assert.equal(await promise(["hel", "lo"], 5).text(), "hello");
  assert.equal(await promise(["hello", ""], 5).text(), "hello");
  assert.equal(await promise([], 0).text(), "");
  for (const [chunks, length] of [
    [["hel"], 5],
    [["hel", "lo!"], 5],
    [["hello", "!"], 5],
    [[], 5],
  ] as const)
    await assert.rejects(promise(chunks, length).text(), { code: "SCSV_BODY_LENGTH" });
});

test("closes a response that toWebResponse() refuses", async () => {
  for (const options of [{ statusCode: 103 }, { headers: { "Content-Length": "x" } }]) {
    const response = await FileResponse.open("package.json", options);
    if ("headers" in options) response.headers.set("Content-Length", "x");
    assert.throws(() => toWebResponse(response), wrongRange);
    await response.close();
    assert.ok(response.closed);
  }
  assert.throws(
    () => toWebResponse(new HttpResponse("abc", { headers: { "Content-Length": 2 } })),
    wrongRange,
  );
});

test("closes a Web response whose request's signal fires, before and while it is read", async () => {
  for (const when of ["before", "while waiting", "never read"] as const) {
    const controller = new AbortController();
    let producerReason: unknown;
    const response = new StreamingHttpResponse(async function* ({ signal }) {
      signal.addEventListener("abort", () => (producerReason = signal.reason));
      yield "a";
      await new Promise(() => undefined);
    });
    if (when === "before") controller.abort("left");
    const web = toWebResponse(response, { headers: {}, signal: controller.signal });
    const reader = web.body?.getReader();
    if (when === "while waiting") {
      await reader?.read();
      const pending = reader?.read() ?? assert.fail();
      controller.abort("left");
      await assert.rejects(pending, (reason) => reason === "left");
      assert.equal(producerReason, "left");
    }
    controller.abort("left");
    await until(() => response.closed);
  }
});

test("removes its listener from a request's signal when the response is closed", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners -= 1;
    remove(...args);
  };
  assert.equal(await toWebResponse(new HttpResponse("a"), { headers: {}, signal }).text(), "a");
  await until(() => listeners === 0);
});

test("takes a response of another class that has the shape of the Web's", async () => {
  const headers = Object.assign(
    new Map([
      ["content-type", "text/csv"],
      ["set-cookie", "a=1, b=2"],
    ]),
    {
      raw: () => ({ "set-cookie": ["a=1", "b=2"] }),
    },
  );
  const body = (async function* () {
    yield "a,b";
  })();
  const response = fromWebResponse({
    status: 201,
    statusText: "Made",
    url: "",
    bodyUsed: false,
    body,
    headers,
  });
  assert.deepEqual(
    [response.statusCode, response.reasonPhrase, response.headers.get("Content-Type"), response.cookies],
    [201, "Made", "text/csv", ["a=1", "b=2"]],
  );
  assert.ok(response.streaming);
  assert.equal(await collect(response), "a,b");
});

test("cancels a Web body whose status can't be sent", async () => {
  let isCancelled = false;
  const body = new ReadableStream({ cancel: () => void (isCancelled = true) });
  const web = { status: 999, statusText: "", url: "", bodyUsed: false, body, headers: new Headers() };
  assert.throws(() => fromWebResponse(web), wrongRange);
  await until(() => isCancelled);
});
