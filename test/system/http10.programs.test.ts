import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { transfersOf } from "../harness/ask.ts";
import { startServe, type ServeProcess } from "../harness/cli.ts";
import { exitCodeOfCut } from "../harness/cut-curl.ts";
import { noNginx, startNginx } from "../harness/nginx.ts";
import { connectTo } from "../harness/raw-client.ts";
import { rawRequest } from "../harness/raw.ts";

/** Larger than all buffers on the way, so that it is cut in the midst. */
const large = "/exports/orders.csv?rows=90000000";

/** The worker of the only transfer that runs. */
async function workerOf(server: ServeProcess): Promise<number> {
  const running = (await transfersOf(server)).filter(({ state }) => state === "running");
  assert.equal(running.length, 1);
  return running[0]?.worker ?? assert.fail("no worker");
}

/** What curl says of a body that was cut. */
const codes = { "--http1.0": 56, "--http1.1": 18 };

for (const model of ["async", "sync"] as const)
  describe(`bodies of ${model} workers`, () => {
    let server: ServeProcess;
    before(async () => {
      // A sync worker has one client at a time; two have one each when the primary is killed, and one is asked who has it.
      server = await startServe(["--worker-model", model, "--workers", "2"]);
    });
    after(() => server[Symbol.asyncDispose]());

    for (const [version, code] of Object.entries(codes))
      test(`curl ${version} sees an error when the worker is killed`, async () => {
        const kill = async (): Promise<void> => void process.kill(await workerOf(server), "SIGKILL");
        assert.equal(await exitCodeOfCut([version, server.url + large], kill), code);
      });

    // Comes last, because it ends the server.
    test("curl of both versions sees an error when the primary is killed", async () => {
      let begun = 0;
      const kill = (): void => {
        begun += 1;
        if (begun === 2) server.process.kill("SIGKILL");
      };
      const ended = Object.keys(codes).map((version) => exitCodeOfCut([version, server.url + large], kill));
      assert.deepEqual(await Promise.all(ended), Object.values(codes));
    });
  });

describe("bodies of one worker", () => {
  let server: ServeProcess;
  before(async () => {
    server = await startServe();
  });
  after(() => server[Symbol.asyncDispose]());

  test("sends HTTP/1.0 a length on a connection that spoke HTTP/1.1 before", async () => {
    const asked =
      "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\nGET /exports/orders.csv?rows=10 HTTP/1.0\r\n\r\n";
    const text = await (await connectTo(server.url, asked)).readAll();
    assert.match(text.slice(text.indexOf("pong")), /\r\nContent-Length: \d+\r\n/);
  });

  test(
    "clients behind nginx's default, HTTP/1.0 to the server, see an error when a worker is killed",
    { skip: noNginx },
    async () => {
      await using nginx = await startNginx(server.url, {
        "proxy_http_version 1.1;": "",
        'proxy_set_header Connection "";': "",
      });
      const args = ["--unix-socket", nginx.socketPath, `http://localhost${large}`];
      assert.equal(
        await exitCodeOfCut(args, async () => process.kill(await workerOf(server), "SIGKILL")),
        18,
      );
    },
  );

  // Comes last, because it stops the server.
  test("a complete HTTP/1.0 body stays complete, even if the server stops right after it", async () => {
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
