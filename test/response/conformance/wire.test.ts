import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type AnyResponse,
  type Chunk,
  HttpResponse,
  type ResponseOptions,
  send,
  StreamingHttpResponse,
  type StreamingResponseOptions,
} from "../../../src/index.ts";
import { exitCodeOfCut } from "../../harness/cut-curl.ts";
import { portOf, serve } from "../serving.ts";
import { type Case, type Expected, parseAnswer, readRaw, testCases, useServer } from "./conformance.ts";

const body = "hello";

/** The kinds of body there are, each of them the same five bytes. */
const kinds: Readonly<Record<string, (options: ResponseOptions) => AnyResponse>> = {
  "buffered text": (options) => new HttpResponse(body, options),
  "buffered parts": (options) => new HttpResponse(["he", "llo"], options),
  "a stream of an array": (options) => new StreamingHttpResponse(["he", "", "llo"], options),
  "a stream of an async generator": (options) =>
    new StreamingHttpResponse(async function* () {
      yield "he";
      yield Buffer.from("llo");
    }, options),
  "a Node stream": (options) => new StreamingHttpResponse(Readable.from(["he", "llo"]), options),
  "a Web stream": (options) => new StreamingHttpResponse(new Blob([body]).stream(), options),
  "a lone text": (options) => new StreamingHttpResponse(body, options),
  "a stream of known length": (options) =>
    new StreamingHttpResponse([body], { ...options, headers: { "Content-Length": 5 } }),
};

for (const [kind, make] of Object.entries(kinds)) {
  const hasLength = kind.startsWith("buffered") || kind.endsWith("length");
  const length = hasLength ? "5" : null;
  testCases(`the wire, ${kind}`, [
    [
      "GET has a body and one framing",
      () => make({}),
      {},
      {
        body,
        headers: { "Content-Length": length, "Transfer-Encoding": hasLength ? null : "chunked" },
        outcome: "completed",
      },
    ],
    ["POST has a body", () => make({}), { method: "POST", headers: { "Content-Length": "0" } }, { body }],
    [
      "HEAD has none",
      () => make({}),
      { method: "HEAD" },
      { body: "", headers: { "Content-Length": length }, outcome: "completed" },
    ],
    ["204 has none", () => make({ statusCode: 204 }), {}, { status: 204, body: "" }],
    [
      "205 has none, and says so",
      () => make({ statusCode: 205 }),
      {},
      { status: 205, body: "", headers: { "Content-Length": "0" } },
    ],
    [
      "HTTP/1.0 has a body without chunks",
      () => make({}),
      { version: "1.0" },
      { body, headers: { "Content-Length": length, "Transfer-Encoding": null }, outcome: "completed" },
    ],
    ["404 has a body", () => make({ statusCode: 404 }), {}, { status: 404, body }],
    ...(kind.startsWith("buffered")
      ? []
      : [["304 has none", () => make({ statusCode: 304 }), {}, { status: 304, body: "" }] satisfies Case]),
  ]);
}

const failed: Expected = { status: 500, body: "Internal Server Error\n", outcome: "failed" };

testCases("the wire, a status below 200", [
  ...[100, 101, 102, 103, 150, 199].map((statusCode): Case => [
    `${statusCode} is a 500`,
    () => new HttpResponse("", { statusCode }),
    {},
    failed,
  ]),
  ["103 of a stream is a 500", () => new StreamingHttpResponse([], { statusCode: 103 }), {}, failed],
  [
    "103 for HEAD is a 500",
    () => new HttpResponse("", { statusCode: 103 }),
    { method: "HEAD" },
    { status: 500, outcome: "failed" },
  ],
]);

const length = (
  value: string | number,
  options: StreamingResponseOptions = {},
): StreamingResponseOptions => ({
  ...options,
  headers: { "Content-Length": value },
});

/** Gives chunks and then waits until the client has them: what is broken off at once never leaves the machine. */
async function* slowly(...chunks: readonly Chunk[]): AsyncGenerator<Chunk, void, undefined> {
  for (const chunk of chunks) {
    yield chunk;
    await sleep(10);
  }
}

async function* failing(): AsyncGenerator<Chunk, void, undefined> {
  yield* slowly("hel");
  throw new Error("broken");
}

testCases("the wire, lengths", [
  [
    "a length that isn't a number is a 500",
    () => new StreamingHttpResponse([body], length("abc")),
    {},
    failed,
  ],
  ["a negative length is a 500", () => new StreamingHttpResponse([body], length("-1")), {}, failed],
  ["a length with a sign is a 500", () => new StreamingHttpResponse([body], length("+5")), {}, failed],
  ["two lengths are a 500", () => new StreamingHttpResponse([body], length("5, 5")), {}, failed],
  ["a huge length is a 500", () => new StreamingHttpResponse([body], length("9".repeat(30))), {}, failed],
  [
    "a length that isn't a number is a 500 for HEAD too",
    () => new StreamingHttpResponse([body], length("abc")),
    { method: "HEAD" },
    { status: 500 },
  ],
  [
    "a negative length is a 500 for HEAD too",
    () => new StreamingHttpResponse([body], length(-1)),
    { method: "HEAD" },
    { status: 500 },
  ],
  ["a wrong length of buffered content is a 500", () => new HttpResponse(body, length(4)), {}, failed],
  [
    "a stream shorter than its length is cut",
    () => new StreamingHttpResponse(slowly(body), length(9)),
    {},
    { body, isCut: true, outcome: "failed" },
  ],
  [
    "a stream longer than its length is cut before its last byte",
    () => new StreamingHttpResponse(slowly("hel", "lo"), length(4)),
    {},
    { body: "hel", isCut: true, outcome: "failed" },
  ],
  [
    "nothing where something is promised is cut",
    () => new StreamingHttpResponse(slowly("", ""), length(5)),
    {},
    { body: "", isCut: true, outcome: "failed" },
  ],
  [
    "a length of 0 is an empty body",
    () => new StreamingHttpResponse([], length(0)),
    {},
    { body: "", headers: { "Content-Length": "0" }, outcome: "completed" },
  ],
  [
    "HEAD has the Content-Length that the stream was given",
    () => new StreamingHttpResponse([body], length(123)),
    { method: "HEAD" },
    { headers: { "Content-Length": "123" } },
  ],
  [
    "304 has the Content-Length that the stream was given",
    () => new StreamingHttpResponse([body], length(123, { statusCode: 304 })),
    {},
    { status: 304, headers: { "Content-Length": "123" } },
  ],
  [
    "204 has no length, even where one was given",
    () => new StreamingHttpResponse([], length(5, { statusCode: 204 })),
    {},
    { status: 204, headers: { "Content-Length": null } },
  ],
  [
    "an empty buffered body has the length 0",
    () => new HttpResponse(),
    {},
    { body: "", headers: { "Content-Length": "0" } },
  ],
]);

testCases("the wire, failures", [
  [
    "a stream that fails is cut",
    () => new StreamingHttpResponse(failing),
    {},
    { body: "hel", isCut: true, outcome: "failed" },
  ],
  [
    "a stream of known length that fails is cut",
    () => new StreamingHttpResponse(failing, length(5)),
    {},
    { body: "hel", isCut: true, outcome: "failed" },
  ],
  [
    "a chunk of the wrong type is a failure",
    () => new StreamingHttpResponse(slowly("hel", {} as string)),
    {},
    { body: "hel", isCut: true, outcome: "failed" },
  ],
  [
    "a text that the charset can't express is a failure",
    () => new StreamingHttpResponse(slowly("hel", "名"), { charset: "iso-8859-1" }),
    {},
    { body: "hel", isCut: true, outcome: "failed" },
  ],
  [
    "half a surrogate pair in a chunk is a failure",
    () => new StreamingHttpResponse(slowly("hel", "\ud800")),
    {},
    { body: "hel", isCut: true, outcome: "failed" },
  ],
  [
    "a producer that rejects is a failure",
    () => new StreamingHttpResponse(() => Promise.reject(new Error("away"))),
    {},
    { body: "", isCut: true, outcome: "failed" },
  ],
  [
    "a closed response is not sent as an empty one",
    async () => {
      const response = new StreamingHttpResponse([body]);
      await response.close();
      return response;
    },
    {},
    { status: 0, isCut: true, outcome: "cancelled" },
  ],
]);

test("the wire, failures: a stream that fails is reset for HTTP/1.0", async (t) => {
  const client = new EventEmitter();
  const { url, outcome } = await serve(
    t,
    () =>
      new StreamingHttpResponse(async function* () {
        yield "hel";
        await once(client, "received");
        throw new Error("broken");
      }),
  );
  assert.equal(await exitCodeOfCut(["--http1.0", "--no-buffer", url], () => client.emit("received")), 56);
  assert.equal((await outcome()).state, "failed");
});

const withTrailers =
  (names: readonly string[], values: Record<string, string | number>): Case[1] =>
  () =>
    new StreamingHttpResponse(slowly(body), { trailers: { names, values: () => values } });
const te = (value: string): Case[2] => ({ headers: { TE: value } });

testCases("the wire, trailers", [
  [
    "follow a body for a client that accepts them",
    withTrailers(["X-Rows"], { "X-Rows": 3 }),
    te("trailers"),
    { body, headers: { Trailer: "X-Rows" }, trailers: { "x-rows": "3" } },
  ],
  [
    "are named in the order given",
    withTrailers(["X-B", "X-A"], { "X-A": 1, "X-B": 2 }),
    te("trailers"),
    { headers: { Trailer: "X-B, X-A" }, trailers: { "x-b": "2", "x-a": "1" } },
  ],
  [
    "are known by TE in capitals",
    withTrailers(["X-Rows"], { "X-Rows": 3 }),
    te("Trailers"),
    { trailers: { "x-rows": "3" } },
  ],
  [
    "are known by TE among others",
    withTrailers(["X-Rows"], { "X-Rows": 3 }),
    te("gzip;q=0.5, trailers"),
    { trailers: { "x-rows": "3" } },
  ],
  [
    "aren't sent without TE",
    withTrailers(["X-Rows"], { "X-Rows": 3 }),
    {},
    { body, headers: { Trailer: null }, trailers: {} },
  ],
  [
    "aren't sent for another TE",
    withTrailers(["X-Rows"], { "X-Rows": 3 }),
    te("trailersx"),
    { headers: { Trailer: null }, trailers: {} },
  ],
  [
    "aren't sent to HTTP/1.0",
    withTrailers(["X-Rows"], { "X-Rows": 3 }),
    { ...te("trailers"), version: "1.0" },
    { body, headers: { Trailer: null } },
  ],
  [
    "aren't sent with HEAD",
    withTrailers(["X-Rows"], { "X-Rows": 3 }),
    { ...te("trailers"), method: "HEAD" },
    { headers: { Trailer: null } },
  ],
  [
    "without a value are left out",
    withTrailers(["X-Rows", "X-None"], { "X-Rows": 3 }),
    te("trailers"),
    { trailers: { "x-rows": "3" } },
  ],
  [
    "that weren't announced are left out",
    withTrailers(["X-Rows"], { "X-Rows": 3, "X-More": 1 }),
    te("trailers"),
    { trailers: { "x-rows": "3" } },
  ],
  [
    "with a line break in their value cut the body",
    withTrailers(["X-Rows"], { "X-Rows": "a\r\nb" }),
    te("trailers"),
    { body, isCut: true, outcome: "failed" },
  ],
  [
    "with half a surrogate pair cut the body",
    withTrailers(["X-Rows"], { "X-Rows": "\ud800" }),
    te("trailers"),
    { body, isCut: true, outcome: "failed" },
  ],
]);

const server = createServer((req, res) => {
  const make = kinds[decodeURIComponent(req.url?.slice(1) ?? "")];
  void send(make?.({}) ?? new HttpResponse("none", { statusCode: 404 }), req, res);
});
useServer(server);

test("the wire: answers on one connection come in order, each with its own end", async () => {
  const names = Object.keys(kinds);
  const requests = names.map((name, index) => {
    const connection = index === names.length - 1 ? "Connection: close\r\n" : "";
    return `GET /${encodeURIComponent(name)} HTTP/1.1\r\nHost: localhost\r\n${connection}\r\n`;
  });
  const { bytes } = await readRaw(portOf(server), requests.join(""));
  const answers = bytes.toString("latin1").split("HTTP/1.1 200 OK\r\n").slice(1);
  assert.equal(answers.length, names.length);
  for (const text of answers) {
    const raw = { bytes: Buffer.from(`HTTP/1.1 200 OK\r\n${text}`, "latin1"), wasReset: false };
    const { body: got, isCut } = parseAnswer(raw, false);
    assert.deepEqual([got.toString(), isCut], [body, false]);
  }
});

test("the wire: a refused status doesn't take the answer of the next request for its own", async () => {
  const refusing = createServer((req, res) => {
    void send(new HttpResponse(req.url, { statusCode: req.url === "/first" ? 103 : 200 }), req, res);
  });
  await new Promise<void>((resolve) => void refusing.listen(0, "127.0.0.1", resolve));
  const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
  const { bytes } = await readRaw(portOf(refusing), get("/first") + get("/second", "Connection: close\r\n"));
  refusing.close();
  const statuses = bytes.toString().match(/^HTTP\/1\.1 \d+/gm);
  assert.deepEqual(statuses, ["HTTP/1.1 500", "HTTP/1.1 200"]);
});
