import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { test } from "node:test";
import { FileResponse, HttpResponse, send, StreamingHttpResponse } from "../../src/index.ts";
import { lendChunks } from "../../src/body/lend-chunks.ts";
import { ask, curl, readAll, serve, until } from "./serving.ts";

test("sends a buffered response with its length, status, reason, headers and cookies", async (t) => {
  const served = await serve(t, () => {
    const response = new HttpResponse("pong", {
      statusCode: 203,
      reasonPhrase: "Just So",
      contentType: "text/plain",
      headers: { "X-Name": "é" },
    });
    response.setCookie("a", "1");
    response.setCookie("b", "2");
    return response;
  });
  const socket = await ask(t, served.port, "GET / HTTP/1.1", "Connection: close");
  const answer = await readAll(socket);
  assert.match(answer, /^HTTP\/1\.1 203 Just So\r\n/);
  for (const line of [
    "X-Name: é",
    "Content-Type: text/plain",
    "Content-Length: 4",
    "Set-Cookie: a=1; Path=/",
    "Set-Cookie: b=2; Path=/",
  ]) {
    assert.ok(answer.includes(`${line}\r\n`), line);
  }
  assert.ok(answer.endsWith("\r\n\r\npong"));
  const { firstByteMs, sendMs, ...outcome } = await served.outcome();
  assert.deepEqual(outcome, { state: "completed", statusCode: 203, bytes: 4, chunks: 1 });
  assert.ok(firstByteMs !== null && firstByteMs <= sendMs);
});

test("adds to the cookies and headers that were set on the answer before", async (t) => {
  const served = await serve(t, () => new HttpResponse());
  served.server.removeAllListeners("request");
  served.server.on("request", (req, res) => {
    res.setHeader("Set-Cookie", "session=1");
    res.setHeader("X-Framework", "yes");
    const response = new HttpResponse("x");
    response.setCookie("a", "1");
    void send(response, req, res);
  });
  const { headers } = await fetch(served.url);
  assert.deepEqual(headers.getSetCookie(), ["session=1", "a=1; Path=/"]);
  assert.equal(headers.get("X-Framework"), "yes");
});

test("writes each chunk as it comes, and the head before the first", async (t) => {
  const steps: (() => void)[] = [];
  const served = await serve(
    t,
    () =>
      new StreamingHttpResponse(async function* () {
        for (const chunk of ["one", "two"]) {
          await new Promise<void>((resolve) => void steps.push(resolve));
          yield chunk;
        }
      }),
  );
  const socket = await ask(t, served.port, "GET / HTTP/1.1", "Connection: close");
  let received = "";
  socket.on("data", (data: Buffer) => (received += data.toString()));
  await until(() => received.includes("\r\n\r\n"));
  assert.ok(!received.includes("one"));
  steps.shift()?.();
  await until(() => received.includes("one"));
  assert.ok(!received.includes("two"));
  await until(() => steps.length > 0);
  steps.shift()?.();
  await once(socket, "close");
  assert.match(received, /two/);
  assert.equal((await served.outcome()).chunks, 2);
});

test("skips empty chunks on the wire", async (t) => {
  const served = await serve(t, () => new StreamingHttpResponse(["", "a", new Uint8Array(0), "b", ""]));
  assert.equal(await (await fetch(served.url)).text(), "ab");
  const outcome = await served.outcome();
  assert.deepEqual([outcome.bytes, outcome.chunks], [2, 2]);
});

test("respects back-pressure: pulls no chunk while the client takes nothing", async (t) => {
  let pulled = 0;
  // More than any kernel keeps of a connection.
  let most = 4096;
  const chunk = new Uint8Array(1 << 20);
  const served = await serve(
    t,
    () =>
      new StreamingHttpResponse(function* () {
        for (; pulled < most; pulled += 1) yield chunk;
      }),
  );
  const socket = await ask(t, served.port, "GET / HTTP/1.1", "Connection: close");
  socket.pause();
  let before = -1;
  await until(() => pulled > 0);
  while (pulled !== before) {
    before = pulled;
    await new Promise((resolve) => void setTimeout(resolve, 100));
  }
  assert.ok(pulled < most, `${pulled} MiB pulled for a client that takes nothing`);
  most = pulled + 8;
  socket.resume();
  await once(socket, "close");
  assert.equal((await served.outcome()).bytes, chunk.byteLength * most);
});

test("yields the event loop although write() never returns false", async (t) => {
  const loop = { turns: 0 };
  let isSending = true;
  let chunks = 0;
  const served = await serve(
    t,
    () =>
      new StreamingHttpResponse(function* () {
        while (loop.turns < 20) {
          chunks += 1;
          yield "";
        }
        isSending = false;
      }),
  );
  const count = (): void => {
    loop.turns += 1;
    if (isSending) setImmediate(count);
  };
  setImmediate(count);
  await (await fetch(served.url)).text();
  assert.equal((await served.outcome()).state, "completed");
  assert.ok(chunks > 20);
});

test("slices a huge chunk, and holds no second copy of it", async (t) => {
  const huge = new Uint8Array(32 << 20).fill(0x61);
  const served = await serve(t, () => new StreamingHttpResponse([huge]));
  const { output } = await curl(served.url);
  assert.equal(output.byteLength, huge.byteLength);
  assert.equal((await served.outcome()).chunks, 1);
});

const bodiless: readonly (readonly [method: string, statusCode: number, length: string | undefined])[] = [
  ["HEAD", 200, undefined],
  ["GET", 204, undefined],
  ["GET", 205, "0"],
  ["GET", 304, undefined],
];
for (const [method, statusCode, length] of bodiless) {
  test(`pulls nothing for ${method} with ${statusCode}, and keeps the connection`, async (t) => {
    const served = await serve(t, () => {
      const response = new StreamingHttpResponse(() => assert.fail("pulled"), { statusCode: 200 });
      response.statusCode = statusCode;
      return response;
    });
    for (const index of [0, 1]) {
      const response = await fetch(served.url, { method });
      assert.equal(response.status, statusCode);
      assert.equal(response.headers.get("Content-Length") ?? undefined, length);
      assert.equal(response.headers.get("Transfer-Encoding"), null);
      assert.equal(await response.text(), "");
      const { state, bytes, firstByteMs } = await served.outcome(index);
      assert.deepEqual({ state, bytes, firstByteMs }, { state: "completed", bytes: 0, firstByteMs: null });
    }
  });
}

test("sends HEAD the length of buffered content, without headers that only a body needs", async (t) => {
  const served = await serve(t, () => new HttpResponse("four"));
  const response = await fetch(served.url, { method: "HEAD" });
  assert.equal(response.headers.get("Content-Length"), "4");
});

test("doesn't change the Content-Length of a HEAD answer that describes another body", async (t) => {
  const served = await serve(t, () => new HttpResponse("", { headers: { "Content-Length": 1000 } }));
  assert.equal((await fetch(served.url, { method: "HEAD" })).headers.get("Content-Length"), "1000");
});

test("sends many answers on one connection, even pipelined ones", async (t) => {
  const served = await serve(t, (req) => new StreamingHttpResponse([`answer to ${req.url};`]));
  const socket = await ask(t, served.port, "GET /0 HTTP/1.1");
  for (let index = 1; index < 30; index += 1) {
    const close = index === 29 ? "Connection: close\r\n" : "";
    socket.write(`GET /${index} HTTP/1.1\r\nHost: localhost\r\n${close}\r\n`);
  }
  const answers = await readAll(socket);
  const order = [...answers.matchAll(/answer to \/(\d+);/g)].map(([, index]) => Number(index));
  assert.deepEqual(
    order,
    Array.from({ length: 30 }, (_, index) => index),
  );
});

test("answers HTTP/1.0 without chunks, and ends the connection", async (t) => {
  const served = await serve(
    t,
    () =>
      new StreamingHttpResponse(["a", "b"], { trailers: { names: ["X-T"], values: () => ({ "X-T": 1 }) } }),
  );
  const socket = await ask(t, served.port, "GET / HTTP/1.0", "TE: trailers");
  const answer = await readAll(socket);
  assert.ok(answer.endsWith("\r\n\r\nab"), answer);
  assert.doesNotMatch(answer, /chunked|Trailer/);
});

test("overrides framing headers, which the sender decides", async (t) => {
  const headers = { "Transfer-Encoding": "identity", Trailer: "X-Nothing" };
  const served = await serve(t, () => new StreamingHttpResponse(["a"], { headers }));
  const response = await fetch(served.url);
  assert.equal(await response.text(), "a");
  assert.equal(response.headers.get("Trailer"), null);
});

test("sends trailers only after a complete body, and only to a client that accepts them", async (t) => {
  let isComplete = false;
  const served = await serve(t, () => {
    isComplete = false;
    return new StreamingHttpResponse(
      function* () {
        yield "a";
        isComplete = true;
      },
      {
        trailers: {
          names: ["X-Row-Count", "X-Absent"],
          values: () => ({ "x-row-count": isComplete ? 1 : 0 }),
        },
      },
    );
  });
  const request = httpRequest(served.url, { headers: { TE: "gzip;q=0.5, Trailers" } }).end();
  const [response]: { headers: object; trailers: object; resume(): void }[] = await once(request, "response");
  response?.resume();
  await once(request, "close");
  assert.equal(Reflect.get(response?.headers ?? {}, "trailer"), "X-Row-Count, X-Absent");
  assert.deepEqual({ ...response?.trailers }, { "x-row-count": "1" });
  const plain = await fetch(served.url);
  await plain.text();
  assert.equal(plain.headers.get("Trailer"), null);
});

test("sends no trailers beside a Content-Length", async (t) => {
  const options = {
    headers: { "Content-Length": 1 },
    trailers: { names: ["X-T"], values: () => ({ "X-T": 1 }) },
  };
  const served = await serve(t, () => new StreamingHttpResponse(["a"], options));
  const { output } = await curl("--include", "--header", "TE: trailers", served.url);
  assert.doesNotMatch(output.toString(), /X-T/);
});

test("keeps a correct length for any sizes of chunks", async (t) => {
  const served = await serve(
    t,
    () => new StreamingHttpResponse(["", "ab", "c", "", ""], { headers: { "Content-Length": "3" } }),
  );
  const { exitCode, output } = await curl(served.url);
  assert.deepEqual([exitCode, output.toString()], [0, "abc"]);
});

test("resolves after the closers ran, and runs them once", async (t) => {
  const events: string[] = [];
  const served = await serve(t, () => {
    const response = new StreamingHttpResponse(["a"]);
    response.onClose(async () => {
      await new Promise((resolve) => void setTimeout(resolve, 10));
      events.push("closed");
    });
    return response;
  });
  await (await fetch(served.url)).text();
  await served.outcome();
  assert.deepEqual(events, ["closed"]);
});

test("rejects a value that is not a response, and a negative limit, before it writes", async (t) => {
  const served = await serve(t, () => new HttpResponse());
  served.server.removeAllListeners("request");
  const thrown: unknown[] = [];
  served.server.on("request", (req, res) => {
    void (async () => {
      const bad: unknown = { streaming: false };
      await Reflect.apply(send, undefined, [bad, req, res]).catch((error: unknown) => thrown.push(error));
      await send(new HttpResponse(), req, res, { idleTimeoutMs: -1 }).catch((error: unknown) =>
        thrown.push(error),
      );
      await send(new HttpResponse("still unwritten"), req, res);
    })();
  });
  assert.equal(await (await fetch(served.url)).text(), "still unwritten");
  assert.deepEqual(
    thrown.map((error) => (error instanceof Error ? error.name : "")),
    ["TypeError", "RangeError"],
  );
});

test("doesn't touch an answer whose head is already written, but closes the response", async (t) => {
  const served = await serve(t, () => new HttpResponse());
  served.server.removeAllListeners("request");
  const response = new HttpResponse("ours");
  const states: string[] = [];
  served.server.on("request", (req, res) => {
    res.writeHead(200).write("theirs");
    void send(response, req, res).then(({ state }) => {
      states.push(state);
      return res.end();
    });
  });
  assert.equal(await (await fetch(served.url)).text(), "theirs");
  assert.deepEqual(states, ["failed"]);
  assert.ok(response.closed);
});

test("leaves no listener on the connection, and causes no warning about listeners", async (t) => {
  const warnings: string[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning.message);
  process.on("warning", onWarning);
  t.after(() => process.off("warning", onWarning));
  const counts: number[] = [];
  const served = await serve(t, (req) => {
    counts.push(req.socket.listenerCount("close"));
    return new StreamingHttpResponse(Array.from({ length: 100 }, () => "x".repeat(10_000)));
  });
  const socket = await ask(t, served.port, "GET / HTTP/1.1");
  socket.resume();
  for (let index = 1; index < 20; index += 1) socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await served.outcome(19);
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await served.outcome(20);
  assert.equal(counts[20], counts[0]);
  assert.deepEqual(warnings, []);
});

test("sends a file by its range", async (t) => {
  const served = await serve(t, () => FileResponse.open("package.json"));
  const whole = await (await fetch(served.url)).text();
  const part = await fetch(served.url, { headers: { Range: "bytes=2-5" } });
  assert.equal(part.status, 206);
  assert.equal(await part.text(), whole.slice(2, 6));
});

test("pulls a body that lends its chunks only after the kernel has the previous one", async (t) => {
  const memory = new Uint8Array(200_000);
  const count = 300;
  const served = await serve(
    t,
    () =>
      new StreamingHttpResponse(
        lendChunks(
          (function* () {
            // Short ones too: they would wait in the socket together with the next.
            for (let index = 0; index < count; index += 1)
              yield memory.fill(index % 256).subarray(0, index % 3 === 0 ? 50 : memory.byteLength);
          })(),
        ),
      ),
  );
  const body = Buffer.from(await (await fetch(served.url)).arrayBuffer());
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const end = at + (index % 3 === 0 ? 50 : memory.byteLength);
    assert.ok(
      body.subarray(at, end).every((byte) => byte === index % 256),
      `chunk ${index} was overwritten`,
    );
    at = end;
  }
  assert.equal(body.byteLength, at);
  assert.equal((await served.outcome()).state, "completed");
});

// A Buffer's slice() copies nothing, an array's does.
for (const memory of [new Uint8Array(4), Buffer.alloc(4)]) {
  const { name } = memory.constructor;
  test(`doesn't let a lent ${name} be reused before it has been sent, even if it completes the promised length`, async (t) => {
    const served = await serve(
      t,
      () =>
        new StreamingHttpResponse(
          lendChunks(
            (function* () {
              for (const letter of ["A", "B", "?"]) {
                memory.fill(letter.charCodeAt(0));
                if (letter !== "?") yield memory;
              }
            })(),
          ),
          { headers: { "Content-Length": "8" } },
        ),
    );
    assert.equal(await (await fetch(served.url)).text(), "AAAABBBB");
  });
}
