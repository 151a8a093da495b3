import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { defaultHttpSettings } from "../../src/server/shared/http-settings.ts";
import { defaultSettings } from "../../src/server/shared/settings.ts";
import { startServer } from "../../src/server.ts";
import { statsOf } from "../harness/ask.ts";
import { startServe, type ServeProcess } from "../harness/cli.ts";
import { get as requestFor } from "../harness/raw-client.ts";
import { connectTo, rawAnswers, rawRequest } from "../harness/raw.ts";

let server: ServeProcess;
before(async () => {
  server = await startServe();
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

const host = "Host: localhost\r\nConnection: close\r\n";
const { headBytes, headerCount, targetBytes, parameterCount, bodyBytes } = defaultHttpSettings;

const refused: readonly (readonly [what: string, text: string, status: number, code: string])[] = [
  ["what is no HTTP", "\x16\x03\x01\x02\0\x01\0\x01", 400, "SCSV_BAD_REQUEST"],
  ["words", "hello there\r\n\r\n", 400, "SCSV_BAD_REQUEST"],
  ["a header without a colon", "GET / HTTP/1.1\r\nHost x\r\n\r\n", 400, "SCSV_BAD_REQUEST"],
  ["a blank before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400, "SCSV_BAD_REQUEST"],
  ["a NUL in a header", "GET / HTTP/1.1\r\nHost: localhost\r\nA: \0\r\n\r\n", 400, "SCSV_BAD_REQUEST"],
  [
    "a bare line feed in a header",
    "GET / HTTP/1.1\r\nHost: localhost\r\nA: b\nc\r\n\r\n",
    400,
    "SCSV_BAD_REQUEST",
  ],
  [
    "a length together with chunks",
    `GET / HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`,
    400,
    "SCSV_BAD_REQUEST",
  ],
  [
    "two lengths",
    `GET / HTTP/1.1\r\n${host}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`,
    400,
    "SCSV_BAD_REQUEST",
  ],
  ["a length that is none", `GET / HTTP/1.1\r\n${host}Content-Length: -5\r\n\r\n`, 400, "SCSV_BAD_REQUEST"],
  ["no Host", "GET /ping HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "SCSV_BAD_REQUEST"],
  ["two Hosts", `GET /ping HTTP/1.1\r\nHost: y\r\n${host}\r\n`, 400, "SCSV_BAD_REQUEST"],
  ["HTTP/2.0 in the line", `GET /ping HTTP/2.0\r\n${host}\r\n`, 400, "SCSV_BAD_REQUEST"],
  ["a version that isn't", `GET /ping HTTP/7.3\r\n${host}\r\n`, 400, "SCSV_BAD_REQUEST"],
  ["a damaged percent-encoding", `GET /exports/%zz.csv HTTP/1.1\r\n${host}\r\n`, 400, "SCSV_BAD_REQUEST"],
  [
    "a percent-encoding that isn't UTF-8",
    `GET /exports/%ff.csv HTTP/1.1\r\n${host}\r\n`,
    400,
    "SCSV_BAD_REQUEST",
  ],
  [
    "a damaged percent-encoding in the query",
    `GET /exports/orders.csv?rows=%2 HTTP/1.1\r\n${host}\r\n`,
    400,
    "SCSV_BAD_REQUEST",
  ],
  ["a NUL in the path", `GET /exports/a%00.csv HTTP/1.1\r\n${host}\r\n`, 400, "SCSV_BAD_REQUEST"],
  [
    "a NUL in a parameter",
    `GET /exports/orders.csv?nullValue=%00 HTTP/1.1\r\n${host}\r\n`,
    400,
    "SCSV_BAD_PARAMETER",
  ],
  [
    "a long target",
    `GET /ping?${"a".repeat(targetBytes)} HTTP/1.1\r\n${host}\r\n`,
    414,
    "SCSV_TARGET_TOO_LONG",
  ],
  [
    "many parameters",
    `GET /ping?${"a&".repeat(parameterCount + 1)} HTTP/1.1\r\n${host}\r\n`,
    400,
    "SCSV_BAD_REQUEST",
  ],
  [
    "a giant header",
    `GET /ping HTTP/1.1\r\n${host}A: ${"a".repeat(headBytes)}\r\n\r\n`,
    431,
    "SCSV_HEAD_TOO_LARGE",
  ],
  [
    "a header that never ends",
    `GET /ping HTTP/1.1\r\n${host}A: ${"a".repeat(1 << 20)}`,
    431,
    "SCSV_HEAD_TOO_LARGE",
  ],
  [
    "many headers",
    `GET /ping HTTP/1.1\r\n${host}${"A: b\r\n".repeat(headerCount)}\r\n`,
    431,
    "SCSV_HEAD_TOO_LARGE",
  ],
  [
    "a large body",
    `POST /ping HTTP/1.1\r\n${host}Content-Length: ${bodyBytes + 1}\r\n\r\n`,
    413,
    "SCSV_BODY_TOO_LARGE",
  ],
  [
    "a body of unknown length",
    `GET /ping HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    413,
    "SCSV_BODY_TOO_LARGE",
  ],
  ["an unknown method", `BREW /ping HTTP/1.1\r\n${host}\r\n`, 501, "SCSV_METHOD_UNKNOWN"],
  ["CONNECT", `CONNECT x:443 HTTP/1.1\r\n${host}\r\n`, 501, "SCSV_METHOD_UNKNOWN"],
  [
    "a method that isn't that path's",
    `PROPFIND /ping HTTP/1.1\r\n${host}\r\n`,
    405,
    "SCSV_METHOD_NOT_ALLOWED",
  ],
  ["a way up", `GET /exports/../../etc/passwd.csv HTTP/1.1\r\n${host}\r\n`, 404, "SCSV_NOT_FOUND"],
  [
    "a way up in disguise",
    `GET /exports/..%2f..%2fetc%2fpasswd.csv HTTP/1.1\r\n${host}\r\n`,
    404,
    "SCSV_UNKNOWN_EXPORT",
  ],
];
test("reads each header line, however many are allowed", async () => {
  const http = { headBytes: 1 << 20, headerCount: 5000 };
  const own = await startServer({ port: 0, log: { level: "silent" }, http });
  try {
    const asked = (last: string): Promise<{ readonly status: number }> =>
      rawRequest(own.url, `GET /ping HTTP/1.1\r\n${host}${"A: b\r\n".repeat(4000)}${last}\r\n`);
    assert.equal((await asked("")).status, 200);
    assert.equal((await asked("Host: localhost\r\n")).status, 400);
    assert.equal((await asked("A: b\r\n".repeat(1000))).status, 431);
  } finally {
    own.kill();
    await own.stopped;
  }
});

for (const [what, text, status, code] of refused) {
  test(`answers ${what} with ${status} and ${code}, as a problem, and closes`, async () => {
    const answer = await rawRequest(server.url, text);
    assert.equal(answer.status, status, answer.body);
    assert.equal(answer.headers["content-type"], "application/problem+json");
    assert.equal(answer.headers["connection"], "close");
    assert.match(answer.headers["x-request-id"] ?? "", /^[0-9a-f-]{36}$/);
    const problem = JSON.parse(answer.body) as Record<string, unknown>;
    assert.equal(problem["code"], code);
    assert.equal(problem["status"], status);
    assert.equal(answer.headers["allow"] !== undefined, status === 405);
  });
}

test("answers 400 to half a request whose client has closed its side", async () => {
  const answer = await rawRequest(server.url, "GET /ping HTTP/1.1\r\nHost: localhost", { finish: true });
  assert.equal(answer.status, 400);
  assert.equal((JSON.parse(answer.body) as { code: string }).code, "SCSV_BAD_REQUEST");
});

test("reads the method after a complete request on the same connection", async () => {
  const { answers } = await rawAnswers(
    server.url,
    "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\nBREW /ping HTTP/1.1\r\nHost: localhost\r\n\r\n",
  );
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 501],
  );
});

test("ends a chunked body without its last chunk when the bytes after its request are not a request", async () => {
  const socket = connectTo(server.url);
  let text = "";
  socket.write("GET /exports/orders.csv?rows=900000 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  socket.once("data", () => socket.write("\0\0nonsense\r\n\r\n"));
  socket.on("data", (chunk: Buffer) => (text = (text + chunk.toString("latin1")).slice(-64)));
  socket.on("error", () => undefined).once("end", () => socket.end());
  await new Promise<void>((resolve) => socket.once("close", () => resolve()));
  assert.ok(!text.endsWith("0\r\n\r\n"), text);
});

test("discards a small body and answers the next request on the connection", async () => {
  const answer = await rawRequest(
    server.url,
    `POST /ping HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhelloGET /ping HTTP/1.1\r\n${host}\r\n`,
  );
  assert.equal(answer.status, 405);
  assert.match(answer.body, /HTTP\/1\.1 200 OK[\s\S]*pong$/);
});

test("doesn't refuse a request with an unknown expectation", async () => {
  const answer = await rawRequest(server.url, `GET /ping HTTP/1.1\r\n${host}Expect: miracles\r\n\r\n`);
  assert.equal(answer.status, 200);
});

test("answers HTTP/1.0 without a Host, and a target in absolute form", async () => {
  assert.equal((await rawRequest(server.url, "GET /ping HTTP/1.0\r\n\r\n")).status, 200);
  const absolute = await rawRequest(server.url, `GET http://localhost/ping HTTP/1.1\r\n${host}\r\n`);
  assert.equal(absolute.status, 200);
  assert.equal(absolute.body, "pong");
});

test("answers HEAD on every GET path with the same status and type, without a body", async () => {
  for (const path of [
    "/",
    "/ping",
    "/livez",
    "/readyz",
    "/stats",
    "/exports",
    "/exports/orders.tsv",
    "/transfers",
    "/transfers/x",
    "/nothing",
    "/exports/orders.csv?rows=x",
  ]) {
    const get = await rawRequest(
      server.url,
      `GET ${path.replace(".tsv", ".tsv?rows=1")} HTTP/1.1\r\n${host}\r\n`,
    );
    const head = await rawRequest(server.url, `HEAD ${path} HTTP/1.1\r\n${host}\r\n`);
    assert.equal(head.status, get.status, path);
    assert.equal(head.headers["content-type"], get.headers["content-type"], path);
    assert.equal(head.body, "", path);
  }
});

test("closes silent and too slow connections with a 408", async () => {
  const http = { ...defaultHttpSettings, headTimeoutMs: 300, requestTimeoutMs: 600 };
  const log = { ...defaultSettings.log, level: "silent" };
  const running = await startServer({ ...defaultSettings, port: 0, http, log });
  try {
    for (const text of [
      "",
      "GET /ping HTTP/1.1\r\nHost: localhost\r\nA: ",
      "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\nGET /pi",
    ]) {
      const answer = await rawRequest(running.url, text);
      const all = `HTTP/1.1 ${answer.status} ${answer.body}`;
      assert.match(all, /HTTP\/1\.1 408 /, text);
      assert.match(all, /"code":"SCSV_REQUEST_TIMEOUT"/, text);
    }
    const early = await rawAnswers(
      running.url,
      "POST /ping HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhell",
    );
    assert.deepEqual(
      early.answers.map(({ status }) => status),
      [405],
      "a request that was answered before its body came gets no second answer",
    );
    assert.equal(await (await fetch(`${running.url}/ping`)).text(), "pong");
  } finally {
    running.kill();
    await running.stopped;
  }
});

test("notices the disconnect of a client that has sent a request body", async () => {
  const http = { ...defaultHttpSettings, requestTimeoutMs: 600_000 };
  const log = { ...defaultSettings.log, level: "silent" };
  const running = await startServer({ ...defaultSettings, port: 0, http, log });
  const buildsBecome = async (count: number): Promise<void> => {
    while ((await statsOf(running)).spool.builds !== count) await sleep(20);
  };
  try {
    const socket = connectTo(running.url);
    const path = "/exports/orders.csv?rows=20000000&delivery=file";
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n`);
    await buildsBecome(1);
    for (let piece = 0; piece < 3; piece += 1) {
      socket.write(Buffer.alloc(20_000));
      await sleep(50);
    }
    socket.destroy();
    await buildsBecome(0);
  } finally {
    running.kill();
    await running.stopped;
  }
});

test("requests that a client sends ahead don't wait for the slots of later ones", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pipelined-"));
  const file = join(folder, "few.csv");
  await writeFile(file, "id\n1\n");
  const log = { ...defaultSettings.log, level: "silent" };
  const running = await startServer({
    ...defaultSettings,
    port: 0,
    sources: [file],
    slots: 2,
    queue: 1000,
    log,
  });
  try {
    // Each asks for the state of the file, and these answers come in any order.
    const requests = requestFor("/exports/few.csv").repeat(64);
    const answers = await Promise.all(Array.from({ length: 4 }, () => rawAnswers(running.url, requests)));
    for (const { answers: all } of answers)
      assert.deepEqual(
        all.map(({ status }) => status),
        Array<number>(64).fill(200),
      );
  } finally {
    running.kill();
    await running.stopped;
    await rm(folder, { recursive: true });
  }
});
