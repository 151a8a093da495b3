import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, open, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { createServer as createSecureServer } from "node:https";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import {
  type Clock,
  compress,
  FileResponse,
  HttpResponse,
  send,
  StreamingHttpResponse,
} from "../../src/index.ts";
import { exitCodeOfCut } from "../harness/cut-curl.ts";
import { ask, curl, portOf, readAll, serve, until } from "./serving.ts";

const codings = ["identity", "gzip", "br", "zstd"];

/** Two chunks, long enough to be sent for sure, and a failure. */
async function* failing(): AsyncGenerator<string, void, undefined> {
  yield "first\n";
  await sleep(20);
  yield "second\n";
  await sleep(20);
  throw new Error("the source failed");
}

for (const coding of codings) {
  for (const version of ["--http1.1", "--http1.0"]) {
    test(`makes curl ${version} fail when a body in ${coding} fails after two chunks`, async (t) => {
      const transform = compress();
      const served = await serve(t, (req) => transform(req, new StreamingHttpResponse(failing())));
      const { exitCode } = await curl(
        version,
        "--header",
        `Accept-Encoding: ${coding}`,
        "--compressed",
        served.url,
      );
      assert.notEqual(exitCode, 0);
      const { state, error, bytes } = await served.outcome();
      assert.deepEqual([state, error?.message], ["failed", "the source failed"]);
      assert.ok(bytes > 0);
    });
  }

  test(`makes fetch reject when a body in ${coding} fails after two chunks`, async (t) => {
    const transform = compress();
    const served = await serve(t, (req) => transform(req, new StreamingHttpResponse(failing())));
    const response = await fetch(served.url, { headers: { "Accept-Encoding": coding } });
    await assert.rejects(response.text());
  });
}

test("resets a close-delimited body, and sends no last chunk of a chunked one", async (t) => {
  // Fails once its client has read everything, since libuv reports a reset as an end while bytes are unread.
  let fail = (): void => undefined;
  const served = await serve(
    t,
    () =>
      new StreamingHttpResponse(async function* () {
        yield "first\n";
        const isRead = new Promise<void>((resolve) => (fail = resolve));
        yield "second\n";
        await isRead;
        throw new Error("the source failed");
      }),
  );
  const failWhenRead = (socket: Socket): Socket => {
    let text = "";
    return socket.on("data", (data: Buffer) => {
      text += data.toString("latin1");
      if (text.includes("second\n")) fail();
    });
  };
  const old = failWhenRead(await ask(t, served.port, "GET / HTTP/1.0"));
  const [error]: NodeJS.ErrnoException[] = await Promise.race([
    once(old, "error"),
    once(old, "end").then(() => [new Error("ended cleanly")]),
  ]).catch((thrown: unknown) => [thrown instanceof Error ? thrown : new Error("?")]);
  assert.equal(error?.code, "ECONNRESET");
  const answer = await readAll(failWhenRead(await ask(t, served.port, "GET / HTTP/1.1")));
  assert.match(answer, /second/);
  assert.doesNotMatch(answer, /\r\n0\r\n/);
});

test("resets a chunked body that is cut within a chunk, whose end wget takes for that of the body", async (t) => {
  const stop = new AbortController();
  let chunks = 0;
  const endless = function* (): Generator<string, void, undefined> {
    for (; ; chunks += 1) yield "row\n".repeat(16_384);
  };
  const served = await serve(t, () => new StreamingHttpResponse(endless()), { signal: stop.signal });
  // Once no more chunks are made, the kernel has a part of the last one.
  const cut = async (): Promise<void> => {
    for (let before = -1; before !== chunks; await sleep(100)) before = chunks;
    stop.abort();
  };
  assert.equal(await exitCodeOfCut([served.url], cut), 56);
  assert.equal((await served.outcome()).state, "cancelled");
});

test("resets an incomplete close-delimited body whose client half-closes, but not a complete one", async (t) => {
  const served = await serve(
    t,
    (req) => new StreamingHttpResponse(req.url === "/slow" ? slow() : ["all of it"]),
  );
  const endings: string[] = [];
  for (const path of ["/slow", "/quick"]) {
    const socket = connect({ port: served.port, host: "127.0.0.1", allowHalfOpen: true });
    t.after(() => socket.destroy());
    socket.on("error", () => endings.push(`${path} reset`));
    socket.on("end", () => endings.push(`${path} ended`));
    socket.end(`GET ${path} HTTP/1.0\r\n\r\n`);
    socket.resume();
    await once(served.server, "outcome");
    // The reset may come only now, and is an error for which once() would reject.
    if (path === "/slow") await until(() => socket.closed);
  }
  await until(() => endings.length === 2);
  assert.deepEqual(endings, ["/slow reset", "/quick ended"]);
  assert.deepEqual(
    served.outcomes.map(({ state }) => state),
    ["client-gone", "completed"],
  );
});

async function* slow(): AsyncGenerator<string, void, undefined> {
  for (let index = 0; index < 10; index += 1) {
    yield "row\n";
    await sleep(20);
  }
}

test("makes curl fail over TLS too, where a socket can't be reset by itself", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "tls-"));
  t.after(() => rm(folder, { recursive: true }));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"];
  const made = spawnSync(process.env["OPENSSL"] ?? "openssl", [...request, "-keyout", key, "-out", cert]);
  if (made.status !== 0) return t.skip("needs openssl to make a certificate");
  const server = createSecureServer({ key: await readFile(key), cert: await readFile(cert) }, (req, res) => {
    void send(new StreamingHttpResponse(failing()), req, res);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  for (const version of ["--http1.0", "--http1.1"]) {
    const { exitCode } = await curl(
      "--insecure",
      "--no-alpn",
      version,
      `https://127.0.0.1:${portOf(server)}/`,
    );
    assert.notEqual(exitCode, 0, version);
  }
});

test("sends no trailers after a failure", async (t) => {
  const trailers = { names: ["X-T"], values: () => assert.fail("asked for") };
  const served = await serve(t, () => new StreamingHttpResponse(failing(), { trailers }));
  const answer = await readAll(await ask(t, served.port, "GET / HTTP/1.1", "TE: trailers"));
  assert.doesNotMatch(answer, /X-T: /);
});

test("cuts the body when its trailers can't be made", async (t) => {
  const trailers = {
    names: ["X-T"],
    values: () => {
      throw new Error("no trailers");
    },
  };
  const served = await serve(t, () => new StreamingHttpResponse("a", { trailers }));
  const { exitCode } = await curl("--header", "TE: trailers", served.url);
  assert.notEqual(exitCode, 0);
  assert.equal((await served.outcome()).error?.message, "no trailers");
});

const lengths: readonly (readonly [what: string, length: number, chunks: readonly string[]])[] = [
  ["fewer bytes than promised", 10, ["abc", "def"]],
  ["more bytes than promised, in one chunk", 4, ["abcdef"]],
  ["more bytes than promised, in a chunk of their own", 3, ["abc", "d"]],
  ["bytes where none were promised", 0, ["a"]],
];
for (const [what, length, chunks] of lengths) {
  test(`cuts a body of ${what} before the client has all promised bytes`, async (t) => {
    const served = await serve(
      t,
      () => new StreamingHttpResponse(chunks, { headers: { "Content-Length": length } }),
    );
    const { exitCode, output } = await curl(served.url);
    if (length > 0) assert.notEqual(exitCode, 0);
    assert.ok(output.byteLength < Math.max(length, 1));
    const { state, error } = await served.outcome();
    assert.equal(state, "failed");
    assert.equal(Reflect.get(error ?? {}, "code"), "SCSV_BODY_LENGTH");
  });
}

test("answers 500 for buffered content whose length isn't the promised one", async (t) => {
  const served = await serve(t, () => new HttpResponse("abc", { headers: { "Content-Length": 5 } }));
  assert.equal((await fetch(served.url)).status, 500);
  const { state, statusCode, bytes } = await served.outcome();
  assert.deepEqual({ state, statusCode, bytes }, { state: "failed", statusCode: 500, bytes: 0 });
});

test("answers 500 when the first chunk fails and was primed, and closes the response", async (t) => {
  let closed = 0;
  const errors: string[] = [];
  const served = await serve(
    t,
    () => {
      const response = new StreamingHttpResponse(
        () => {
          throw new Error("no rows");
        },
        { headers: { "Content-Disposition": "attachment" } },
      );
      response.onClose(() => {
        closed += 1;
      });
      return response;
    },
    { primeFirstChunk: true, onError: ({ message }) => errors.push(message) },
  );
  const response = await fetch(served.url);
  assert.equal(response.status, 500);
  assert.equal(response.headers.get("Content-Disposition"), null);
  assert.equal(await response.text(), "Internal Server Error\n");
  const { state, statusCode, error, firstByteMs } = await served.outcome();
  assert.deepEqual([state, statusCode, error?.message, firstByteMs], ["failed", 500, "no rows", null]);
  assert.deepEqual([closed, errors], [1, ["no rows"]]);
});

const problem = (error: Error): HttpResponse =>
  new HttpResponse(JSON.stringify({ title: error.message }), {
    statusCode: 503,
    contentType: "application/problem+json",
  });
const makeBusy = (): StreamingHttpResponse =>
  new StreamingHttpResponse(() => Promise.reject(new Error("busy")));

test("lets the caller answer an error before the head, and survives a hook that throws", async (t) => {
  const served = await serve(t, makeBusy, { primeFirstChunk: true, onErrorBeforeHead: problem });
  const response = await fetch(served.url);
  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), { title: "busy" });

  const told: string[] = [];
  const unanswered = await serve(t, makeBusy, {
    primeFirstChunk: true,
    onErrorBeforeHead: () => {
      throw new Error("hook");
    },
    onError: ({ message }) => told.push(message),
  });
  assert.equal((await fetch(unanswered.url)).status, 500);
  await unanswered.outcome();
  assert.deepEqual(told, ["hook", "busy"]);
});

test("cuts the connection for the same error if the first chunk wasn't primed", async (t) => {
  const served = await serve(t, () => new StreamingHttpResponse(() => Promise.reject(new Error("no rows"))));
  assert.notEqual((await curl(served.url)).exitCode, 0);
});

test("treats the error of a hook as a closer's error", async (t) => {
  const response = new StreamingHttpResponse(failing());
  const served = await serve(t, () => response, {
    onError: () => {
      throw new Error("hook");
    },
  });
  await curl(served.url);
  assert.equal((await served.outcome()).state, "failed");
  assert.equal(response.closeErrors[0]?.message, "hook");
});

test("closes a stuck producer, its signal first, when the client disconnects", async (t) => {
  const events: string[] = [];
  const served = await serve(t, () => {
    const response = new StreamingHttpResponse(async function* ({ signal }) {
      signal.addEventListener("abort", () =>
        events.push(`aborted: ${signal.reason instanceof Error ? signal.reason.name : ""}`),
      );
      yield "a";
      await new Promise(() => undefined);
    });
    response.onClose(() => events.push("closed"));
    return response;
  });
  const socket = await ask(t, served.port, "GET / HTTP/1.1");
  await once(socket, "data");
  socket.destroy();
  assert.equal((await served.outcome()).state, "client-gone");
  assert.deepEqual(events, ["aborted: AbortError", "closed"]);
});

test("ends when a client that took nothing disconnects", async (t) => {
  const served = await serve(
    t,
    () =>
      new StreamingHttpResponse(function* () {
        for (;;) yield new Uint8Array(1 << 20);
      }),
  );
  const socket = await ask(t, served.port, "GET / HTTP/1.1");
  socket.pause();
  await sleep(100);
  socket.destroy();
  const { state, error } = await served.outcome();
  assert.deepEqual([state, error], ["client-gone", undefined]);
});

test("notices a disconnect during a body of only empty chunks", async (t) => {
  const served = await serve(
    t,
    () =>
      new StreamingHttpResponse(function* () {
        for (;;) yield "";
      }),
  );
  const socket = await ask(t, served.port, "GET / HTTP/1.1");
  await sleep(20);
  socket.destroy();
  assert.equal((await served.outcome()).state, "client-gone");
});

test("pulls nothing for a client that disconnected before the transfer began", async (t) => {
  const served = await serve(t, async (req) => {
    await once(req.socket, "close");
    return new StreamingHttpResponse(() => assert.fail("pulled"));
  });
  const socket = await ask(t, served.port, "GET / HTTP/1.1");
  await sleep(20);
  socket.destroy();
  const { state, statusCode } = await served.outcome();
  assert.deepEqual([state, statusCode], ["client-gone", null]);
});

test("ends the transfers of pipelined answers whose turn never came", async (t) => {
  const served = await serve(t, () => new StreamingHttpResponse(({ signal }) => stuckUntil(signal)));
  const socket = await ask(t, served.port, "GET /1 HTTP/1.1");
  socket.write("GET /2 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /3 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await once(socket, "data");
  await sleep(20);
  socket.destroy();
  const states = await Promise.all([0, 1, 2].map(async (index) => (await served.outcome(index)).state));
  assert.deepEqual(states, ["client-gone", "client-gone", "client-gone"]);
});

async function* stuckUntil(signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  yield "a";
  await new Promise((resolve) => {
    signal.addEventListener("abort", resolve);
  });
}

test("cuts a failed pipelined answer without touching the one before it", async (t) => {
  const served = await serve(t, (req) =>
    req.url === "/1"
      ? new StreamingHttpResponse(async function* () {
          yield "begin;";
          await sleep(50);
          yield "end;";
        })
      : new StreamingHttpResponse(failing()),
  );
  const socket = await ask(t, served.port, "GET /1 HTTP/1.1");
  socket.write("GET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const answers = await readAll(socket);
  assert.match(answers, /end;\r\n0\r\n\r\n/);
  assert.equal(answers.split("\r\n0\r\n").length, 2);
});

test("is cancelled by its signal before and during writing", async (t) => {
  const controller = new AbortController();
  const served = await serve(t, () => new StreamingHttpResponse(({ signal }) => stuckUntil(signal)), {
    signal: controller.signal,
  });
  const reading = curl(served.url);
  await sleep(50);
  controller.abort("shutting down");
  assert.notEqual((await reading).exitCode, 0);
  assert.notEqual((await curl(served.url)).exitCode, 0);
  const [during, before] = [await served.outcome(0), await served.outcome(1)];
  assert.equal(during.state, "cancelled");
  assert.equal(during.error?.cause, "shutting down");
  assert.deepEqual([before.state, before.bytes, before.statusCode], ["cancelled", 0, null]);
});

test("times out a client that takes nothing", async (t) => {
  const errors: Error[] = [];
  const served = await serve(
    t,
    () =>
      new StreamingHttpResponse(function* () {
        for (;;) yield new Uint8Array(1 << 20);
      }),
    { idleTimeoutMs: 100, onError: (error) => errors.push(error) },
  );
  const socket = await ask(t, served.port, "GET / HTTP/1.1");
  socket.pause();
  const { state, error } = await served.outcome();
  assert.equal(state, "timed-out");
  assert.equal(Reflect.get(error ?? {}, "code"), "SCSV_CLIENT_TOO_SLOW");
  assert.deepEqual(errors, [error]);
});

test("times out a client that is slower than the minimum rate over a minute", async (t) => {
  // A minute passes at each look at the clock's hand, so that the test needn't wait for one.
  const start = performance.now();
  const clock: Clock = { nowMs: () => (performance.now() - start) * 60, wallMs: () => Date.now() };
  const served = await serve(
    t,
    () =>
      new StreamingHttpResponse(function* () {
        for (;;) yield new Uint8Array(1 << 20);
      }),
    { minRateBytesPerSecond: 1e9, clock },
  );
  const socket = await ask(t, served.port, "GET / HTTP/1.1");
  socket.pause();
  const { state, error } = await served.outcome();
  assert.equal(state, "timed-out");
  assert.match(error?.message ?? "", /bytes per second/);
});

test("doesn't blame the client for a slow source", async (t) => {
  const served = await serve(
    t,
    () =>
      new StreamingHttpResponse(async function* () {
        for (let index = 0; index < 4; index += 1) {
          yield "a";
          await sleep(60);
        }
      }),
    { idleTimeoutMs: 40 },
  );
  assert.equal(await (await fetch(served.url)).text(), "aaaa");
  assert.equal((await served.outcome()).state, "completed");
});

test("cuts the connection when a file shrinks, grows or is written to while it is sent", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "file-response-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = `${folder}/rows.csv`;
  // A file with holes that is more than any kernel keeps of a connection.
  const size = 256 << 20;
  const changes: readonly (() => Promise<unknown>)[] = [
    () => truncate(path, 1000),
    () => appendFile(path, "more"),
    async () => {
      await using handle = await open(path, "r+");
      await handle.write("changed", size - 100);
    },
  ];
  const served = await serve(t, () => FileResponse.open(path));
  for (const [index, change] of changes.entries()) {
    await writeFile(path, "");
    await truncate(path, size);
    await sleep(20);
    const socket = await ask(t, served.port, "GET / HTTP/1.1");
    let bytes = 0;
    // The first bytes are there, and no others are taken until the file is another.
    await once(socket, "readable");
    await change();
    socket.on("data", (data) => (bytes += data.byteLength)).resume();
    await once(socket, "close");
    const { state, error } = await served.outcome(index);
    assert.equal(state, "failed");
    assert.equal(Reflect.get(error ?? {}, "code"), "SCSV_FILE_CHANGED");
    assert.ok(bytes < size);
  }
});

test("leaves nothing running after a transfer, whatever ended it", async (t) => {
  const controller = new AbortController();
  let isDone = false;
  const served = await serve(t, () => new StreamingHttpResponse(({ signal }) => stuckUntil(signal)), {
    signal: controller.signal,
    idleTimeoutMs: 10_000,
    minRateBytesPerSecond: 1,
  });
  const socket = await ask(t, served.port, "GET / HTTP/1.1");
  await once(socket, "data");
  socket.destroy();
  await served.outcome();
  served.server.close(() => (isDone = true));
  await until(() => isDone);
  assert.deepEqual(
    process.getActiveResourcesInfo().filter((name) => name === "Timeout"),
    [],
  );
});

test("never rejects once writing began, even where the response itself is broken", async (t) => {
  const states: string[] = [];
  const served = await serve(t, () => new HttpResponse());
  served.server.removeAllListeners("request");
  served.server.on("request", (req, res) => {
    class Broken extends StreamingHttpResponse {
      override get streamingContent(): AsyncIterable<Uint8Array> {
        throw new Error("broken");
      }
    }
    void send(new Broken(), req, res).then(({ state }) => states.push(state));
  });
  assert.equal((await fetch(served.url)).status, 500);
  await until(() => states.length > 0);
  assert.deepEqual(states, ["failed"]);
});

test("cuts a body that was closed before its end, and reports it as cancelled", async (t) => {
  for (const make of [
    (): StreamingHttpResponse => {
      const response = new StreamingHttpResponse(async function* () {
        yield "first\n";
        void response.close();
        yield "second\n";
      });
      return response;
    },
    (): StreamingHttpResponse => {
      const response = new StreamingHttpResponse(["a", "b"]);
      void response.close();
      return response;
    },
  ]) {
    const served = await serve(t, make);
    await assert.rejects(fetch(served.url).then((response) => response.text()));
    const { state, error } = await served.outcome();
    assert.equal(state, "cancelled");
    assert.equal((error as { code?: string }).code, "SCSV_CANCELLED");
  }
});

test("describes a thrown value without text as well as possible, cuts the body and runs the closers", async (t) => {
  let closers = 0;
  const served = await serve(t, () => {
    const response = new StreamingHttpResponse(
      (function* () {
        yield "first\n";
        throw Object.create(null);
      })(),
    );
    response.onClose(() => void (closers += 1));
    return response;
  });
  await assert.rejects(fetch(served.url).then((response) => response.text()));
  const { state, error } = await served.outcome();
  assert.equal(state, "failed");
  assert.match(error?.message ?? "", /without text/);
  assert.equal(closers, 1);
});

for (const coding of ["identity", "gzip"] as const) {
  test(`answers 500 for a source that had failed before it was sent, as ${coding}`, async (t) => {
    const source = Readable.from(["a", "b"]);
    source.on("error", () => undefined);
    source.destroy(new Error("failed early"));
    await new Promise((resolve) => void source.once("close", resolve));
    const served = await serve(t, (req) => {
      const response = new StreamingHttpResponse(source);
      if (coding !== "identity") compress({ codings: [coding] })(req, response);
      return response;
    });
    const answer = await fetch(served.url, { headers: { "Accept-Encoding": "gzip" } });
    assert.equal(answer.status, 500);
    const { state, error } = await served.outcome();
    assert.deepEqual([state, error?.message], ["failed", "failed early"]);
  });
}
