import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../../src/clock.ts";
import { probeLatency, type LatencySummary } from "../../../bench/load/probe-latency.ts";
import { bytesInSocketBuffers } from "../../../bench/probe/bytes-in-socket-buffers.ts";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { readExport } from "../../../bench/load/read-export.ts";
import { seededRandom } from "../../../bench/statistics/random.ts";

async function serve(t: TestContext, listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return new URL(`http://127.0.0.1:${address.port}/ping`);
}

function probe(url: URL, signal = new AbortController().signal): Promise<LatencySummary> {
  const random = seededRandom(11);
  return probeLatency(url, { ratePerSecond: 200, durationMs: 500, random, clock: systemClock, signal });
}

test("requests start when they are due, whether those before are answered or not", async (t) => {
  let open = 0;
  let most = 0;
  const url = await serve(t, (_request, response) => {
    open += 1;
    most = Math.max(most, open);
    setTimeout(() => {
      open -= 1;
      response.end("pong");
    }, 100);
  });
  const summary = await probe(url);
  assert.ok(summary.answered > 50, `${summary.answered} answers`);
  assert.equal(summary.failed, 0);
  assert.ok(most > 3, `at most ${most} requests were under way at once`);
  const { p50Ms, p99Ms, longestMs } = summary;
  assert.ok(p50Ms >= 99 && p99Ms >= p50Ms && longestMs >= p99Ms, `${p50Ms}, ${p99Ms}, ${longestMs} ms`);
});

test("a stall shows in the requests that were due meanwhile, not in one alone", async (t) => {
  let requests = 0;
  const url = await serve(t, (_request, response) => {
    requests += 1;
    if (requests === 10) {
      const end = performance.now() + 200;
      while (performance.now() < end);
    }
    response.end("pong");
  });
  const { meanMs, answered } = await probe(url);
  // Some forty requests are due within 200 ms at 200 a second; their lateness adds up to more than the stall itself.
  assert.ok(meanMs * answered > 400, `${meanMs * answered} ms in sum`);
});

test("a 204 without a body is an answer, as health checks give it", async (t) => {
  const { answered, failed } = await probe(
    await serve(t, (_request, response) => response.writeHead(204).end()),
  );
  assert.ok(answered > 50, `${answered} answers`);
  assert.equal(failed, 0);
});

test("answers that are not a 200 and connections that break count as failed", async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.socket.bytesRead > 2000) request.socket.destroy();
    else response.writeHead(503).end();
  });
  const { answered, failed } = await probe(url);
  assert.equal(answered, 0);
  assert.ok(failed > 50);
});

test("an abort ends the probe", async (t) => {
  const url = await serve(t, (_request, response) => response.end("pong"));
  const stop = new AbortController();
  const probing = probe(url, stop.signal);
  setTimeout(() => stop.abort(new Error("enough")), 50);
  await assert.rejects(probing, /enough|aborted/);
});

test(
  "bytes that a stopped reader does not take are found in the socket buffers",
  { skip: !hasProcFiles },
  async (t) => {
    const part = Buffer.alloc(64 * 1024, "a");
    const url = await serve(t, (_request, response) => {
      const write = (): void => {
        while (response.write(part));
        response.once("drain", write);
      };
      write();
    });
    const leave = new AbortController();
    const reading = readExport(url, { bytesPerSecond: 20_000, signal: leave.signal });
    let found = 0;
    for (let tries = 0; tries < 100 && found < 500_000; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      found = await bytesInSocketBuffers(Number(url.port));
    }
    leave.abort(new Error("enough"));
    await assert.rejects(reading, /enough/);
    assert.ok(found >= 500_000, `${found} bytes`);
  },
);

test("a throttled reader keeps its rate over its whole time", async (t) => {
  const part = Buffer.alloc(64 * 1024, "a");
  const url = await serve(t, (_request, response) => {
    const write = (): void => {
      while (response.write(part));
      response.once("drain", write);
    };
    write();
  });
  const rate = 500_000;
  const reads: { readonly atMs: number; readonly bytes: number }[] = [];
  const onRead = (bytes: number): void => void reads.push({ atMs: performance.now(), bytes });
  await readExport(url, { bytesPerSecond: rate, leaveAfterBytes: 1_000_000, onRead });
  const [first, last] = [reads[0], reads.at(-1)];
  assert.ok(first !== undefined && last !== undefined);
  const seen = (last.bytes - first.bytes) / ((last.atMs - first.atMs) / 1000);
  // It may fall behind when the machine is busy, and must never run ahead.
  assert.ok(seen <= rate * 1.02, `${seen} bytes/s`);
});
