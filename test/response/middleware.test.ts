import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { test, type TestContext } from "node:test";
import { gunzipSync } from "node:zlib";
import {
  type AnyResponse,
  FileResponse,
  HttpResponse,
  send,
  type SendOptions,
  type SendOutcome,
  StreamingHttpResponse,
} from "../../src/index.ts";
import { lendChunks } from "../../src/body/lend-chunks.ts";
import { exchange, parseAnswer, readRaw, useServer } from "./conformance/conformance.ts";
import { portOf, until } from "./serving.ts";

type Middleware = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

const require = createRequire(import.meta.url);

const session = require("express-session") as (options: object) => Middleware;
const compression = require("compression") as (options: object) => Middleware;
const morgan = require("morgan") as (format: string, options: object) => Middleware;
const onHeaders = require("on-headers") as (
  res: ServerResponse,
  listener: (this: ServerResponse) => void,
) => void;

let logged = "";
const content = "0123456789".repeat(30_000);

/** Middleware that wraps what send() calls. */
const middleware: Readonly<Record<string, Middleware>> = {
  "express-session": session({ secret: "s", resave: false, saveUninitialized: true }),
  compression: compression({ threshold: 0 }),
  morgan: morgan(":status :res[content-type]\n", {
    stream: { write: (line: string) => (logged += line) },
  }),
  "on-headers": (_req, res, next) => {
    onHeaders(res, function () {
      this.setHeader("X-On-Headers", "1");
    });
    next();
  },
  "a write() that drops callback and answer": (_req, res, next) => {
    const write = res.write.bind(res) as (chunk: unknown) => boolean;
    res.write = ((chunk: unknown): undefined => void write(chunk)) as unknown as typeof res.write;
    next();
  },
  "an end() of chunk and encoding": (_req, res, next) => {
    const end = res.end.bind(res) as (chunk?: unknown, encoding?: unknown) => ServerResponse;
    res.end = ((chunk?: unknown, encoding?: unknown) => {
      assert.notEqual(typeof chunk, "function");
      return end(chunk, encoding);
    }) as typeof res.end;
    next();
  },
};

/** A body that reuses one buffer for all its chunks. */
function* lent(): Generator<Uint8Array, void, undefined> {
  const memory = Buffer.alloc(10_000);
  for (let at = 0; at < content.length; at += memory.byteLength) {
    memory.write(content.slice(at));
    yield memory;
    memory.fill("x");
  }
}

interface Made {
  readonly response: AnyResponse | Promise<AnyResponse>;
  readonly options?: SendOptions;
}

const kinds: Readonly<Record<string, () => Made>> = {
  HttpResponse: () => ({ response: new HttpResponse(content) }),
  StreamingHttpResponse: () => ({
    response: new StreamingHttpResponse(async function* () {
      for (let at = 0; at < content.length; at += 10_000) {
        yield content.slice(at, at + 10_000);
        await Promise.resolve();
      }
    }),
  }),
  "StreamingHttpResponse that lends its chunks": () => ({
    response: new StreamingHttpResponse(lendChunks(lent())),
  }),
  FileResponse: () => ({ response: FileResponse.open(import.meta.filename) }),
};

const outcomes: SendOutcome[] = [];

const server = createServer((req, res) => {
  const [name = "", kind = ""] = (req.url ?? "").slice(1).split("/").map(decodeURIComponent);
  Object.assign(req, { originalUrl: req.url });
  const answer = (): void => {
    const { response, options } = kinds[kind]?.() ?? { response: new HttpResponse(bytesOf(Number(kind))) };
    void (async () => outcomes.push(await send(await response, req, res, options)))();
  };
  const wrap = middleware[name];
  if (wrap === undefined) answer();
  else wrap(req, res, answer);
});
useServer(server);

for (const name of Object.keys(middleware)) {
  for (const kind of Object.keys(kinds)) {
    test(`sends ${kind} whole behind ${name}`, async () => {
      outcomes.length = 0;
      const path = `/${encodeURIComponent(name)}/${encodeURIComponent(kind)}`;
      const { status, body, isCut } = await exchange(portOf(server), path);
      assert.deepEqual([status, isCut], [200, false]);
      if (kind !== "FileResponse") assert.equal(body.toString(), content);
      const coded = await fetch(`http://127.0.0.1:${portOf(server)}${path}`);
      assert.equal(coded.headers.has("content-encoding"), name === "compression");
      const text = await coded.text();
      if (kind !== "FileResponse") assert.equal(text, content);
      // A client gets its last byte shortly before the transfer ends.
      await until(() => outcomes.length === 2);
      assert.deepEqual(
        outcomes.map(({ state }) => state),
        ["completed", "completed"],
      );
    });
  }
}

/** Of each size, with every byte there is: joined with the head, beside it, and the most that is sent in one step. */
const sizes = [1, 4096, 4097, 128 * 1024, 128 * 1024 + 1, 256 * 1024 + 1];

function bytesOf(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => 255 - (index % 256));
}

for (const name of ["nothing", ...Object.keys(middleware)]) {
  for (const size of sizes) {
    test(`sends each of ${size} buffered bytes unchanged behind ${name}`, async () => {
      outcomes.length = 0;
      const path = `/${encodeURIComponent(name)}/${size}`;
      const answer = await exchange(portOf(server), path);
      assert.deepEqual([answer.status, answer.isCut], [200, false]);
      assert.deepEqual(new Uint8Array(answer.body), bytesOf(size));
      await until(() => outcomes.length === 1);
      const [outcome] = outcomes;
      assert.deepEqual([outcome?.state, outcome?.bytes, outcome?.chunks], ["completed", size, 1]);
      assert.notEqual(outcome?.firstByteMs, null);
    });
  }
}

test("sends buffered answers of each size compressed behind several wrappers, in each order", async (t) => {
  const orders = [
    ["compression", "express-session"],
    ["express-session", "compression"],
    ["morgan", "express-session", "on-headers", "compression"],
  ];
  const stacked = createServer((req, res) => {
    const [, order, size] = (req.url ?? "").split("/").map(Number);
    Object.assign(req, { originalUrl: req.url });
    const answer = (): void => {
      void (async () => outcomes.push(await send(new HttpResponse(bytesOf(size ?? 0)), req, res)))();
    };
    const names = orders[order ?? 0] ?? [];
    names.reduceRight<() => void>((next, name) => () => middleware[name]?.(req, res, next), answer)();
  }).listen(0, "127.0.0.1");
  await once(stacked, "listening");
  t.after(() => stacked.close().closeAllConnections());
  for (const order of orders.keys()) {
    for (const size of sizes) {
      outcomes.length = 0;
      const answer = await fetch(`http://127.0.0.1:${portOf(stacked)}/${order}/${size}`);
      assert.ok(answer.headers.has("content-encoding"));
      assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), bytesOf(size));
      await until(() => outcomes.length === 1);
      assert.deepEqual([outcomes[0]?.state, outcomes[0]?.bytes], ["completed", size]);
    }
  }
});

test("keeps the session's cookie together with its own, and lets the log see the head", async () => {
  const answer = await exchange(portOf(server), "/express-session/HttpResponse");
  assert.match(answer.cookies.join(), /^connect\.sid=/);
  assert.match(logged, /^200 text\/html; charset=utf-8$/m);
  const hooked = await exchange(portOf(server), "/on-headers/HttpResponse");
  assert.equal(hooked.headers.get("x-on-headers"), "1");
});

/** Headers that an earlier, failed handler may have set, or that middleware sets; null is removed. */
const left: Readonly<Record<string, Readonly<Record<string, string | number | null>>>> = {
  "a Content-Length": { "Content-Length": 3 },
  "a Transfer-Encoding": { "Transfer-Encoding": "chunked" },
  "another Transfer-Encoding": { "Transfer-Encoding": "gzip, chunked" },
  "no Transfer-Encoding": { "Transfer-Encoding": null },
  "a Trailer": { Trailer: "X-A" },
  "all of them": { "Content-Length": 3, "Transfer-Encoding": "chunked", Trailer: "X-A" },
};

const bodies: Readonly<Record<string, () => AnyResponse>> = {
  "buffered content": () => new HttpResponse("hello"),
  "buffered content of several parts": () => new HttpResponse(["h".repeat(9000), "ello".repeat(9000)]),
  "no content": () => new HttpResponse(""),
  "a stream": () => new StreamingHttpResponse(["hello"]),
  "a stream without other headers": () => {
    const response = new StreamingHttpResponse(["hello"]);
    response.headers.delete("Content-Type");
    return response;
  },
  "a stream of known length": () =>
    new StreamingHttpResponse(["hello"], { headers: { "Content-Length": 5 } }),
  "a stream with trailers": () =>
    new StreamingHttpResponse(["hello"], {
      trailers: { names: ["X-Rows"], values: () => ({ "X-Rows": 1 }) },
    }),
  "a 204": () => new HttpResponse("", { statusCode: 204 }),
  "a 205": () => new StreamingHttpResponse(["hello"], { statusCode: 205 }),
  "a 304": () => new HttpResponse("", { statusCode: 304 }),
  "an error before the head": () =>
    new StreamingHttpResponse(["hello"], { headers: { "Content-Length": "x" } }),
};

type Change = Readonly<Record<string, string | number | null>>;

function change(res: ServerResponse, headers: Change, set: "setHeader" | "appendHeader"): void {
  for (const [name, value] of Object.entries(headers)) {
    if (value === null) res.removeHeader(name);
    else res[set](name, String(value));
  }
}

/** When and how the headers are set. */
const ways: Readonly<Record<string, (res: ServerResponse, headers: Change) => void>> = {
  "by an earlier handler": (res, headers) => change(res, headers, "setHeader"),
  "by a listener of on-headers": (res, headers) =>
    onHeaders(res, function () {
      change(this, headers, "setHeader");
    }),
  "by a listener of on-headers that appends": (res, headers) =>
    onHeaders(res, function () {
      change(this, headers, "appendHeader");
    }),
  "by a listener of on-headers that sets a Map": (res, headers) =>
    onHeaders(res, function () {
      const given = Object.entries(headers).filter(([, value]) => value !== null);
      this.setHeaders(new Map(given) as unknown as Map<string, string>);
    }),
  "as an argument of a wrapped writeHead()": (res, headers) => {
    const writeHead = res.writeHead.bind(res) as (status: number, headers: OutgoingHttpHeaders) => typeof res;
    const given = Object.entries(headers).filter(([, value]) => value !== null);
    res.writeHead = (status: number) => writeHead(status, Object.fromEntries(given) as OutgoingHttpHeaders);
  },
};

const leaving = createServer((req, res) => {
  const [way = "", what = "", body = ""] = (req.url ?? "").slice(1).split("/").map(decodeURIComponent);
  ways[way]?.(res, left[what] ?? {});
  void send(bodies[body]?.() ?? assert.fail(body), req, res);
});
useServer(leaving);

/** The bytes that each body has. */
const lengths: Readonly<Record<string, number>> = {
  "buffered content of several parts": 45_000,
  "no content": 0,
  "a 204": 0,
  "a 205": 0,
  "a 304": 0,
  "an error before the head": "Internal Server Error\n".length,
};

for (const way of Object.keys(ways)) {
  for (const what of Object.keys(left)) {
    test(`frames every answer by its own plan where ${what} is set ${way}`, async () => {
      for (const body of Object.keys(bodies)) {
        const path = `/${[way, what, body].map(encodeURIComponent).join("/")}`;
        const isUnknown = body.startsWith("a stream") && body !== "a stream of known length";
        for (const version of ["1.1", "1.0"] as const) {
          const answer = await exchange(portOf(leaving), path, { version, headers: { TE: "trailers" } });
          assert.equal(answer.body.byteLength, lengths[body] ?? 5, `${body}, HTTP/${version}`);
          assert.equal(answer.isCut, false);
          const isChunked = version === "1.1" && isUnknown;
          assert.equal(answer.headers.get("transfer-encoding"), isChunked ? "chunked" : undefined, body);
          const length = isUnknown || body === "a 204" || body === "a 304" ? undefined : (lengths[body] ?? 5);
          assert.equal(answer.headers.get("content-length"), length?.toString(), body);
          const hasTrailers = isChunked && body === "a stream with trailers";
          assert.equal(answer.headers.get("trailer"), hasTrailers ? "X-Rows" : undefined, body);
          assert.equal(answer.trailers.get("x-rows"), hasTrailers ? "1" : undefined, body);
        }
        const head = await exchange(portOf(leaving), path, { method: "HEAD" });
        assert.equal(head.headers.get("transfer-encoding"), undefined, body);
        assert.equal(head.headers.get("trailer"), undefined, body);
        assert.notEqual(head.headers.get("content-length"), "3", body);
      }
    });
  }
}

test("lets middleware change and remove headers that aren't framing, also after a listener has failed", async (t) => {
  const own = createServer((req, res) => {
    onHeaders(res, function () {
      this.setHeader("X-Set", "1");
      this.removeHeader("X-Given");
      this.appendHeader("Vary", "Origin");
      this.appendHeader("Content-Length", "3");
      if (req.url === "/fails") throw new Error("the session is gone");
    });
    void send(new HttpResponse("hello", { headers: { "X-Given": 1, Vary: "Accept" } }), req, res, {
      onErrorBeforeHead: () => new HttpResponse("sorry", { headers: { Vary: "Accept" } }),
    });
  });
  own.listen(0, "127.0.0.1");
  await once(own, "listening");
  t.after(() => {
    own.close();
    own.closeAllConnections();
  });
  for (const [path, vary, text] of [
    ["/", "Accept, Origin", "hello"],
    ["/fails", "Accept", "sorry"],
  ] as const) {
    const { headers, body } = await exchange(portOf(own), path);
    assert.deepEqual(
      ["x-set", "x-given", "vary", "content-length"].map((name) => headers.get(name)),
      ["1", undefined, vary, "5"],
    );
    assert.equal(body.toString(), text);
  }
});

test("keeps a connection usable where a shorter length was left on the answer", async () => {
  const way = "by a listener of on-headers";
  const path = `/${[way, "a Content-Length", "a stream"].map(encodeURIComponent).join("/")}`;
  const get = (more: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
  const raw = await readRaw(portOf(leaving), get("") + get("Connection: close\r\n"));
  const [, first = "", second = ""] = raw.bytes.toString("latin1").split("HTTP/1.1 200 OK");
  for (const text of [first, second]) {
    const { body } = parseAnswer({ bytes: Buffer.from(`HTTP/1.1 200 OK${text}`), wasReset: false }, false);
    assert.equal(body.toString(), "hello");
  }
});

/** A server whose handler is behind middleware, for one test. */
async function behind(
  t: TestContext,
  wrap: Middleware,
  answer: (req: IncomingMessage, res: ServerResponse) => Promise<unknown>,
): Promise<number> {
  const own = createServer((req, res) => wrap(req, res, () => void answer(req, res)));
  own.listen(0, "127.0.0.1");
  await once(own, "listening");
  t.after(() => {
    own.close();
    own.closeAllConnections();
  });
  return portOf(own);
}

test("no range of a file continues a download that compression has compressed", async (t) => {
  const file = await readFile(import.meta.filename);
  const port = await behind(t, compression({ threshold: 0 }), async (req, res) =>
    send(
      await FileResponse.open(import.meta.filename, {
        contentType: "text/csv",
        headers: { "Repr-Digest": "sha-256=:AA==:", "Cache-Control": "private" },
      }),
      req,
      res,
    ),
  );
  const gzip = { "Accept-Encoding": "gzip" };
  const whole = await exchange(port, "/", { headers: gzip });
  const tag = whole.headers.get("etag") ?? "";
  assert.match(tag, /^W\/"/);
  assert.deepEqual(
    ["content-encoding", "accept-ranges", "repr-digest"].map((name) => whole.headers.get(name)),
    ["gzip", undefined, undefined],
  );
  assert.deepEqual(gunzipSync(whole.body), file);
  const rest = await exchange(port, "/", { headers: { ...gzip, Range: "bytes=100-", "If-Range": tag } });
  assert.equal(rest.status, 200);
  // A range without a condition is that of the file itself.
  const part = await exchange(port, "/", { headers: { ...gzip, Range: "bytes=100-2099" } });
  assert.equal(part.status, 206);
  assert.deepEqual(
    ["content-encoding", "content-length", "cache-control"].map((name) => part.headers.get(name)),
    [undefined, "2000", "private, no-transform"],
  );
  assert.deepEqual(part.body, file.subarray(100, 2100));
});

test("keeps the status behind a writeHead() that is put off until the first byte", async (t) => {
  const putOff: Middleware = (_req, res, next) => {
    const writeHead = res.writeHead.bind(res);
    const write = res.write.bind(res) as (chunk: unknown) => boolean;
    let status = 0;
    res.writeHead = (given: number) => {
      status = given;
      return res;
    };
    res.write = ((chunk: unknown) => {
      if (!res.headersSent) writeHead(status);
      return write(chunk);
    }) as typeof res.write;
    next();
  };
  const port = await behind(t, putOff, (req, res) => {
    const later = async function* (): AsyncGenerator<string> {
      await Promise.resolve();
      yield "no such export";
    };
    return send(new StreamingHttpResponse(later(), { statusCode: 404 }), req, res);
  });
  const { status, body } = await exchange(port, "/");
  assert.equal(status, 404);
  assert.equal(body.toString(), "no such export");
});
