import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createServer, type Server, type Socket } from "node:net";
import { Readable } from "node:stream";
import { test, type TestContext } from "node:test";
import { generate } from "selfsigned";
import { readExport } from "../../../bench/load/read-export.ts";

/** Listens on any free port until the test ends. */
async function listen(t: TestContext, server: Server): Promise<URL> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return new URL(`http://127.0.0.1:${address.port}/exports/orders.csv`);
}

/** A server that answers every request with these bytes, and then does something with the socket. */
function rawServer(t: TestContext, answer: string, then: (socket: Socket) => void): Promise<URL> {
  return listen(
    t,
    createServer((socket) => {
      socket.once("data", () => {
        socket.write(answer, "latin1");
        then(socket);
      });
    }),
  );
}

function httpServer(t: TestContext, listener: RequestListener): Promise<URL> {
  return listen(t, createHttpServer(listener));
}

const fault = (reason: RegExp): { code: string; message: RegExp } => ({
  code: "SCSV_MEASUREMENT_INVALID",
  message: reason,
});

test("reads a chunked body to its end and counts the bytes of the body alone", async (t) => {
  const url = await httpServer(t, (_request, response) => {
    response.write("id,name\r\n");
    // In the turn after a timer, since a busy machine may be late with it, and the reader gets both pieces at once then.
    setTimeout(() => setImmediate(() => response.end("1,a\r\n")), 20);
  });
  const reading = await readExport(url, { check: true });
  assert.equal(reading.state, "complete");
  assert.equal(reading.bodyBytes, 14);
  assert.equal(reading.content?.records, 2);
  assert.ok(reading.firstByteMs !== null && reading.firstByteMs <= reading.totalMs);
  assert.ok(reading.gaps.longestMs !== null && reading.gaps.p99Ms !== null);
});

test("reads a body of many megabytes whole, with the hash a server computes", async (t) => {
  const part = Buffer.from('0123456789abcdef,"x\ny"\n'.repeat(4000));
  const url = await httpServer(t, (_request, response) => {
    Readable.from(Array.from({ length: 300 }, () => part)).pipe(response);
  });
  const reading = await readExport(url, { check: true });
  assert.equal(reading.bodyBytes, part.length * 300);
  assert.equal(reading.content?.records, 4000 * 300);
});

test("a body with a length is complete at exactly that length", async (t) => {
  const url = await rawServer(t, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na,b\r\n", (socket) =>
    socket.end(),
  );
  assert.equal((await readExport(url)).bodyBytes, 5);
});

test("a server that keeps the connection open after the body does not hold up the reader for long", async (t) => {
  const url = await rawServer(t, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", () => undefined);
  assert.equal((await readExport(url)).state, "complete");
});

test("a body that ends before its length fails, naming what is missing", async (t) => {
  const url = await rawServer(t, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", (socket) => socket.end());
  await assert.rejects(readExport(url), fault(/ended after 3 bytes of the body; missing: 6 of the 9 bytes/));
});

test("a body that goes on after its length fails, even when the rest comes late", async (t) => {
  const head = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
  const atOnce = await rawServer(t, `${head}abcd`, (socket) => socket.end());
  await assert.rejects(readExport(atOnce), fault(/more bytes than it announced/));
  const late = await rawServer(t, `${head}abc`, (socket) => setTimeout(() => socket.end("d"), 50));
  await assert.rejects(readExport(late), fault(/more bytes than it announced/));
});

test("a chunked body without its last chunk fails", async (t) => {
  const answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
  const ended = await rawServer(t, answer, (socket) => socket.end());
  await assert.rejects(readExport(ended), fault(/missing: the last chunk/));
  const reset = await rawServer(t, answer, (socket) => setTimeout(() => socket.resetAndDestroy(), 20));
  await assert.rejects(readExport(reset), fault(/missing: the last chunk/));
});

test("a body whose end is the end of the connection is complete there, and says so", async (t) => {
  const url = await rawServer(t, "HTTP/1.0 200 OK\r\n\r\nabc", (socket) => socket.end());
  const reading = await readExport(url, { checksum: true });
  assert.deepEqual([reading.state, reading.bodyBytes, reading.endedWithConnection], ["complete", 3, true]);
});

test("a connection that is reset is a cut, also where its end would be the end of the body", async (t) => {
  const answer = "HTTP/1.0 200 OK\r\n\r\nabc";
  // The kernel hands the reader the bytes and the reset together where the reset comes at once, as on a busy machine.
  for (const reset of [
    (socket: Socket): unknown => setTimeout(() => socket.resetAndDestroy(), 20),
    (socket: Socket): unknown => socket.resetAndDestroy(),
  ]) {
    const url = await rawServer(t, answer, reset);
    await assert.rejects(readExport(url), fault(/after 3 bytes of the body\.$/));
  }
});

test("sends method, header fields and body, and lets a field of the caller win", async (t) => {
  const url = await httpServer(t, (request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { authorization, host } = request.headers;
      response.end(`${request.method} ${authorization} ${host} ${Buffer.concat(parts).toString()}`);
    });
  });
  const form = { method: "POST", headers: { Authorization: "Bearer x", host: "shop" }, body: "a=ü" };
  const { content } = await readExport(url, { ...form, check: true });
  assert.equal(content?.opening, "POST Bearer x shop a=\u00C3\u00BC");
});

test("reads https from a server whose authority the system or NODE_EXTRA_CA_CERTS trusts, and refuses any other", async (t) => {
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
    keySize: 2048,
    extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
  });
  const server = createSecureServer({ cert, key }, (_request, response) => response.end("id\n1\n"));
  const url = await listen(t, server);
  url.protocol = "https:";
  await assert.rejects(readExport(url), fault(/self-signed certificate/i));
});

test("a refused connection fails, naming the address", async (t) => {
  const server = createServer();
  const url = await listen(t, server);
  server.close();
  await once(server, "close");
  await assert.rejects(
    readExport(url),
    fault(/Reading http:\/\/127\.0\.0\.1:\d+\/exports\/orders\.csv failed: .*ECONNREFUSED/),
  );
});

test("a server that sends nothing fails after the idle time-out", async (t) => {
  const url = await listen(
    t,
    createServer(() => undefined),
  );
  await assert.rejects(readExport(url, { idleTimeoutMs: 50 }), fault(/nothing came for 50 ms/));
});

test("an answer that is not a 200 is a refusal with its text, not an error", async (t) => {
  const url = await httpServer(t, (_request, response) => {
    response
      .writeHead(413, { "Content-Type": "application/problem+json" })
      .end('{"code":"SCSV_BUFFER_MEMORY"}');
  });
  const reading = await readExport(url);
  assert.equal(reading.state, "refused");
  assert.equal(reading.head.statusCode, 413);
  assert.equal(reading.problem, '{"code":"SCSV_BUFFER_MEMORY"}');
});

test("a reader that leaves after so many bytes closes its connection", async (t) => {
  let gone: Promise<unknown> | undefined;
  const url = await httpServer(t, (_request, response) => {
    gone = once(response, "close");
    const timer = setInterval(() => response.write("0123456789\r\n".repeat(1000)), 5);
    response.on("close", () => clearInterval(timer));
  });
  const reading = await readExport(url, { leaveAfterBytes: 30_000 });
  assert.equal(reading.state, "left");
  assert.ok(reading.bodyBytes >= 30_000);
  await gone;
});

test("a reader that leaves a long page of an error was refused", async (t) => {
  const url = await httpServer(t, (_request, response) => {
    response.writeHead(404, { "Content-Type": "text/html" });
    response.write("<!doctype html>".padEnd(3000));
  });
  const { state, head } = await readExport(url, { leaveAfterBytes: 1025 });
  assert.deepEqual([state, head.statusCode], ["refused", 404]);
});

test("an abort rejects with its reason and leaves no socket", async (t) => {
  const requests = new EventEmitter();
  const url = await httpServer(t, (_request, response) => {
    response.write("id\r\n");
    requests.emit("request", once(response, "close"));
  });
  const stop = new AbortController();
  const requested = once(requests, "request");
  const reading = readExport(url, { signal: stop.signal });
  const [closed] = await requested;
  const reason = new Error("enough");
  stop.abort(reason);
  await assert.rejects(reading, reason);
  await closed;
  assert.deepEqual(
    process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap"),
    [],
  );
});

test("an aborted signal makes no connection at all", async () => {
  await assert.rejects(
    readExport(new URL("http://127.0.0.1:9/x.csv"), { signal: AbortSignal.abort(new Error("too late")) }),
    /too late/,
  );
});

test("a throttled reader takes at least the time its rate allows, and gets every byte", async (t) => {
  const body = Buffer.alloc(60_000, "a");
  const url = await httpServer(t, (_request, response) =>
    response.setHeader("Content-Length", body.length).end(body),
  );
  const reading = await readExport(url, { bytesPerSecond: 100_000 });
  assert.equal(reading.bodyBytes, body.length);
  // The schedule runs from the first byte on, which brings one bite of a fiftieth of a second along.
  assert.ok(reading.totalMs - (reading.firstByteMs ?? 0) >= 570, `${reading.totalMs} ms`);
});

test("a throttled reader that reads the end at full speed takes only the time of what comes before, and gets every byte", async (t) => {
  const body = Buffer.alloc(2_000_000, "a");
  const url = await httpServer(t, (_request, response) =>
    response.setHeader("Content-Length", body.length).end(body),
  );
  // At its rate the whole would take 20 s, and the reading would fail before.
  const signal = AbortSignal.timeout(15_000);
  const reading = await readExport(url, { bytesPerSecond: 100_000, hurryAfterBytes: 30_000, signal });
  assert.equal(reading.bodyBytes, body.length);
  assert.ok(reading.totalMs - (reading.firstByteMs ?? 0) >= 250, `${reading.totalMs} ms`);
});
