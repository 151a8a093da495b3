import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { defaultSettings } from "../../src/server/shared/settings.ts";
import { startServer, type RunningServer } from "../../src/server.ts";
import type { ServerStats } from "../../src/server/metrics/server-stats.ts";
import { statsOf } from "../harness/ask.ts";
import { endWithUs } from "../harness/children.ts";
import { cliPath, runCli, startCli } from "../harness/cli.ts";
import { connectTo, get, type RawClient } from "../harness/raw-client.ts";

const log = { ...defaultSettings.log, level: "silent" };
const skip = process.platform === "linux" ? false : "needs /proc and SIGSTOP";

function childrenOf(pid: number | undefined): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

/** Reads a server's counters on a new connection, because a kept one may belong to the stopped worker. */
async function freshStats({ url }: RunningServer): Promise<ServerStats> {
  const text = await (await connectTo(url, get("/stats", { Connection: "close" }))).readAll();
  return JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4)) as ServerStats;
}

describe("with a worker that is stopped", { skip }, () => {
  let server: RunningServer;
  let stopped: number;
  let waiting: Promise<string>;
  before(async () => {
    server = await startServer({ port: 0, log, workers: 2, hangTimeoutMs: 4000 });
    stopped = (await freshStats(server)).workers[0]?.pid ?? 0;
    process.kill(stopped, "SIGSTOP");
    const clients = [0, 1].map(async () =>
      (await connectTo(server.url, get("/livez", { Connection: "close" }))).readAll(),
    );
    waiting = Promise.any(clients.map(async (client) => await client.catch((error: Error) => error.message)));
    await Promise.allSettled(clients);
  });
  after(async () => {
    server.kill();
    await server.stopped;
  });

  test("its clients are cut, and another takes its place", async () => {
    assert.match(await waiting, /ok$|ECONNRESET/);
    assert.throws(() => process.kill(stopped, 0), { code: "ESRCH" });
    while ((await freshStats(server)).workers[0]?.restarts !== 1) await sleep(20);
  });

  test("connections go to the other worker meanwhile", async () => {
    const { workers } = await freshStats(server);
    process.kill(workers[1]?.pid ?? 0, "SIGSTOP");
    const ask = async (): Promise<string> =>
      (await connectTo(server.url, get("/livez", { Connection: "close" }))).readAll();
    // Of four at once two are given to it, until it is known not to answer. They wait, and are cut when it is killed.
    for (;;) {
      const four = Array.from({ length: 4 }, () =>
        Promise.race([ask().catch(() => "cut"), sleep(200, "waits")]),
      );
      if ((await Promise.all(four)).every((answer) => answer.startsWith("HTTP/1.1 200 "))) break;
    }
    const answers = Array.from({ length: 10 }, ask);
    for (const answer of await Promise.all(answers)) assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.equal((await freshStats(server)).workers[1]?.restarts, 0);
    while ((await freshStats(server)).workers[1]?.restarts !== 1) await sleep(20);
  });
});

describe("with the most connections allowed", () => {
  let server: RunningServer;
  before(async () => {
    server = await startServer({ port: 0, log, workers: 2, maxConnections: 3 });
  });
  after(async () => {
    server.kill();
    await server.stopped;
  });

  test("the next one is refused with Retry-After and counted, and is served when a connection closes", async () => {
    const open: RawClient[] = [];
    for (let count = 0; count < 3; count += 1) {
      const client = await connectTo(server.url, get("/ping"));
      assert.match(await client.firstBytes(), /pong$/);
      open.push(client);
    }
    const refused = await (await connectTo(server.url, get("/ping"))).readAll();
    assert.match(
      refused,
      /^HTTP\/1\.1 503 [\s\S]*\r\nRetry-After: 1\r\n[\s\S]*3 connections are open.*--max-connections/,
    );
    open[0]?.socket.destroy();
    for (;;) {
      const text = await (await connectTo(server.url, get("/stats", { Connection: "close" }))).readAll();
      if (text.startsWith("HTTP/1.1 503")) continue;
      const stats = JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4)) as {
        connections: Record<string, number>;
      };
      assert.deepEqual([stats.connections["open"], stats.connections["limit"]], [3, 3]);
      assert.ok((stats.connections["refused"] ?? 0) >= 1);
      break;
    }
    for (const { socket } of open) socket.destroy();
    while ((await fetch(`${server.url}/ping`)).status !== 200);
    while ((await statsOf(server)).connections.open > 1) await sleep(20);
  });
});

test("a worker without descriptors continues its transfers, and recovers afterwards", { skip }, async () => {
  const args = ["-c", `ulimit -n 96; exec "$0" "$@"`, process.execPath, cliPath];
  const flags = ["serve", "--port", "0", "--log-format", "json", "--max-connections", "500"];
  const child = spawn("bash", [...args, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  endWithUs(child);
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const url = line.toString().trim().replace("listening on ", "");
  const [worker] = childrenOf(child.pid);
  // Compressed, all of it might be small enough for the kernel's buffers.
  const headers = { "Accept-Encoding": "identity" };
  const download = await fetch(`${url}/exports/orders.csv?rows=500000`, { headers });
  const silent: Socket[] = [];
  for (let count = 0; count < 150; count += 1) silent.push((await connectTo(url)).socket);
  // Longer than the interval of reports, which need a descriptor.
  await sleep(1500);
  const text = await download.text();
  assert.equal(text.split("\r\n").length > 500_000, true);
  for (const socket of silent) socket.destroy();
  for (;;) {
    const answer = await fetch(`${url}/ping`).catch(() => undefined);
    if (answer?.status === 200) break;
    await sleep(20);
  }
  assert.deepEqual(childrenOf(child.pid), [worker], errors);
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  assert.deepEqual(await exited, [0, null]);
  assert.doesNotMatch(errors, /another is started|uv_resident/);
});

test("a prepared file that is larger than a file may be isn't to be asked for again", { skip }, async () => {
  const args = ["-c", `ulimit -f 500; exec "$0" "$@"`, process.execPath, cliPath];
  const child = spawn("bash", [...args, "serve", "--port", "0"], { stdio: ["ignore", "pipe", "ignore"] });
  endWithUs(child);
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const url = line.toString().trim().replace("listening on ", "");
  const large = await fetch(`${url}/exports/orders.csv?rows=20000&delivery=file`);
  const problem = (await large.json()) as Readonly<Record<string, unknown>>;
  assert.deepEqual([large.status, problem["code"]], [413, "SCSV_SPOOL_SIZE"]);
  assert.equal(large.headers.get("retry-after"), null);
  assert.match(String(problem["detail"]), /larger than the system lets a file be there \(EFBIG\)/);
  assert.match(String(problem["hint"]), /delivery=streaming.*ulimit -f/);
  const small = await fetch(`${url}/exports/orders.csv?rows=200&delivery=file`);
  assert.equal((await small.text()).split("\r\n").length > 200, true);
  const streamed = await fetch(`${url}/exports/orders.csv?rows=20000`);
  assert.equal((await streamed.text()).split("\r\n").length > 20_000, true);
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  assert.deepEqual(await exited, [0, null]);
});

for (const workers of ["1", "16"]) {
  test(`a signal ends ${workers} starting workers at once, and leaves nothing behind`, { skip }, async () => {
    const cli = startCli(["serve", "--port", "0", "--workers", workers, "--log-format", "json"]);
    while (childrenOf(cli.process.pid).length === 0) await sleep(5);
    const children = childrenOf(cli.process.pid);
    cli.process.kill("SIGTERM");
    const { exitCode, stdout, stderr } = await cli.ended;
    assert.deepEqual([exitCode, stdout], [0, ""], stderr);
    assert.doesNotMatch(stderr, /"level":50/);
    for (const pid of children) assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
  });
}

test("starts no more than four workers at the same time", { skip }, async () => {
  const cli = startCli(["serve", "--port", "0", "--workers", "9", "--log-format", "json"]);
  let most = 0;
  while (childrenOf(cli.process.pid).length === 0) await sleep(1);
  for (let look = 0; look < 20; look += 1) {
    most = Math.max(most, childrenOf(cli.process.pid).length);
    await sleep(1);
  }
  cli.process.kill("SIGTERM");
  await cli.ended;
  assert.ok(most <= 4, `${most} were started at once`);
});

test("refuses more workers than 256 with a sentence", async () => {
  const { exitCode, stderr } = await runCli(["serve", "--workers", "100000"]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /"100000" is too large\. Use a whole number from 1 to 256/);
});
