import assert from "node:assert/strict";
import { test } from "node:test";
import { statsOf } from "../harness/ask.ts";
import { startServe, type ServeProcess } from "../harness/cli.ts";
import { exitCodeOfCut } from "../harness/cut-curl.ts";
import { noNginx, startNginx } from "../harness/nginx.ts";
import { connectTo } from "../harness/raw-client.ts";
import { rawRequest } from "../harness/raw.ts";

/** Larger than all buffers on the way, so that it is cut in the midst. */
const large = "/exports/orders.csv?rows=90000000";

async function workerOf(server: ServeProcess): Promise<number> {
  return (await statsOf(server)).workers[0]?.pid ?? assert.fail("no worker");
}

for (const model of ["async", "sync"] as const) {
  for (const victim of ["worker", "primary"] as const) {
    for (const version of ["--http1.0", "--http1.1"]) {
      test(`curl ${version} sees an error when the ${victim} of ${model} workers is killed`, async () => {
        await using server = await startServe(["--worker-model", model]);
        const pid = victim === "worker" ? await workerOf(server) : (server.process.pid ?? 0);
        const code = await exitCodeOfCut([version, server.url + large], () => process.kill(pid, "SIGKILL"));
        assert.equal(code, version === "--http1.0" ? 56 : 18);
      });
    }
  }
}

test(
  "clients behind nginx's default, HTTP/1.0 to the server, see an error when a worker is killed",
  { skip: noNginx },
  async () => {
    await using server = await startServe();
    await using nginx = await startNginx(server.url, {
      "proxy_http_version 1.1;": "",
      'proxy_set_header Connection "";': "",
    });
    const pid = await workerOf(server);
    const args = ["--unix-socket", nginx.socketPath, `http://localhost${large}`];
    assert.equal(await exitCodeOfCut(args, () => process.kill(pid, "SIGKILL")), 18);
  },
);

test("a complete HTTP/1.0 body stays complete, even if the server stops right after it", async () => {
  await using server = await startServe();
  for (let count = 0; count < 5; count += 1) {
    const { body, wasReset } = await rawRequest(
      server.url,
      "GET /exports/orders.csv?rows=3000 HTTP/1.0\r\n\r\n",
    );
    assert.equal(body.split("\r\n").length > 3000, true);
    assert.equal(wasReset, false);
  }
  const last = await connectTo(server.url, "GET /exports/orders.csv?rows=30000 HTTP/1.0\r\n\r\n");
  const first = await last.firstBytes();
  server.process.kill("SIGTERM");
  // Rejects when the connection was reset.
  const body = first + (await last.readAll());
  assert.ok(body.split("\r\n").length > 30_000);
  assert.ok(body.endsWith("\r\n"));
  assert.equal((await server.ended).exitCode, 0);
});

test("sends HTTP/1.0 a length if configured, from memory or, if that is too small, from a file", async () => {
  await using server = await startServe(["--http10", "length", "--buffer-memory", "1MiB"]);
  for (const [rows, delivery] of [
    [2000, "buffered"],
    [20_000, "file"],
    [200_000, "file"],
  ] as const) {
    const path = `/exports/orders.csv?rows=${rows}`;
    const { status, headers, body } = await rawRequest(server.url, `GET ${path} HTTP/1.0\r\n\r\n`);
    assert.equal(status, 200);
    assert.equal(Number(headers["content-length"]), body.length, delivery);
    assert.equal(headers["x-row-count"], String(rows));
    const modern = await fetch(server.url + path);
    assert.equal(modern.headers.get("content-length"), null);
    await modern.body?.cancel();
  }
});

test("sends HTTP/1.0 a length on a connection that spoke HTTP/1.1 before", async () => {
  await using server = await startServe();
  const asked =
    "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\nGET /exports/orders.csv?rows=10 HTTP/1.0\r\n\r\n";
  const text = await (await connectTo(server.url, asked)).readAll();
  assert.match(text.slice(text.indexOf("pong")), /\r\nContent-Length: \d+\r\n/);
});
