import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePort } from "../../bench/subject/process/find-free-port.ts";
import { statsOf, statsWhen } from "../harness/ask.ts";
import { runCliInTurn } from "../harness/cli-in-turn.ts";
import { runCli, startCli, startServe, type ServeProcess } from "../harness/cli.ts";

async function workersOf(server: ServeProcess): Promise<readonly number[]> {
  const stats = await statsOf(server);
  return stats.workers.map(({ pid }) => pid);
}

/** Starts an export and waits for its first byte; `rest` reads on to the end. */
async function beginExport(server: ServeProcess, query: string): Promise<{ rest(): Promise<string> }> {
  // Compressed, all of it might be small enough for the kernel's buffers.
  const headers = { "Accept-Encoding": "identity" };
  const response = await fetch(`${server.url}/exports/orders.csv?${query}`, { headers });
  return { rest: () => response.text() };
}

/** Requests /ping on an open connection; rejects when it is cut. */
async function statusOfPing(socket: Socket): Promise<number> {
  socket.write("GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const answer = (await socket.setEncoding("latin1").toArray()).join("");
  return Number(answer.split(" ")[1]);
}

test("on SIGTERM lets a running transfer finish, refuses new connections and exits with 0", async () => {
  await using server = await startServe();
  const { rest } = await beginExport(server, "rows=200000");
  server.process.kill("SIGTERM");
  await server.logged(({ msg }) => msg === "draining");
  await assert.rejects(fetch(`${server.url}/ping`));
  const text = await rest();
  assert.ok(text.endsWith("\r\n"));
  const { exitCode } = await server.ended;
  assert.equal(exitCode, 0);
  assert.equal(server.log().find(({ msg }) => msg === "transfer completed")?.["rows"], 200_000);
});

test("continues to answer for the shutdown delay while /readyz fails", async () => {
  await using server = await startServe(["--shutdown-delay", "60s"]);
  server.process.kill("SIGTERM");
  await server.logged(({ msg }) => msg === "draining");
  assert.equal((await fetch(`${server.url}/readyz`)).status, 503);
  assert.equal((await fetch(`${server.url}/livez`)).status, 200);
  assert.equal((await fetch(`${server.url}/exports/orders.csv?rows=5`)).status, 200);
  server.process.kill("SIGTERM");
  assert.equal((await server.ended).exitCode, 143);
});

test("after the drain time-out cuts transfers, never ends them cleanly, refuses waiting exports, and exits with 1", async () => {
  await using server = await startServe(["--slots", "1", "--drain-timeout", "100ms"]);
  const { rest } = await beginExport(server, "rows=50000000");
  const reading = rest();
  const waiting = fetch(`${server.url}/exports/orders.csv?rows=50000000`);
  await statsWhen(server, ({ total }) => total.queued === 1);
  server.process.kill("SIGTERM");
  await assert.rejects(reading);
  const refused = await waiting;
  assert.equal(refused.status, 503);
  assert.equal(((await refused.json()) as Record<string, unknown>)["code"], "SCSV_DRAINING");
  assert.equal((await server.ended).exitCode, 1);
  assert.equal(server.log().find(({ msg }) => msg === "stopped")?.["cutTransfers"], 1);
});

describe("files that vanish", () => {
  let folder = "";
  let [gone, stays] = ["", ""];
  let server: ServeProcess;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "vanishing-"));
    [gone, stays] = [join(folder, "gone.csv"), join(folder, "stays.csv")];
    await writeFile(gone, "id\n1\n");
    await writeFile(stays, "id\n2\n");
    server = await startServe([gone, stays]);
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const get = async (path: string): Promise<readonly [number, string]> => {
    const answer = await fetch(server.url + path);
    return [answer.status, await answer.text()];
  };

  // Comes first, because the process that builds files starts with the first of them.
  test("builds files of other exports when a source is missing, and shows clients no path", async () => {
    assert.deepEqual(await get("/exports/gone.csv"), [200, "id\r\n1\r\n"]);
    await rm(gone);
    assert.deepEqual(await get("/exports/stays.csv?delivery=file"), [200, "id\r\n2\r\n"]);
    const [status, text] = await get("/exports/gone.csv?delivery=file");
    assert.equal(status, 500);
    assert.doesNotMatch(text, /vanishing-/);
    await writeFile(gone, "id\n1\n");
  });

  test("isn't ready while none of its files can be read", async () => {
    assert.deepEqual(await get("/readyz"), [200, "ok"]);
    await rm(gone);
    await rm(stays);
    assert.equal((await get("/readyz"))[0], 503);
    assert.equal((await get("/livez"))[0], 200);
    await writeFile(gone, "id\n1\n");
    await writeFile(stays, "id\n2\n");
    assert.equal((await get("/readyz"))[0], 200);
  });

  test("replaces a worker although a file is missing, whose export alone fails until the file is back", async () => {
    const [worker = 0] = await workersOf(server);
    await rm(gone);
    process.kill(worker, "SIGKILL");
    await server.logged(({ msg }) => String(msg).endsWith("gone.csv\" can't be read"));
    assert.deepEqual(await get("/exports/stays.csv"), [200, "id\r\n2\r\n"]);
    assert.deepEqual(await get("/readyz"), [200, "ok"]);
    for (const delivery of ["streaming", "buffered", "file"]) {
      const [status, text] = await get(`/exports/gone.csv?delivery=${delivery}`);
      assert.equal(status, 500);
      assert.match(text, /SCSV_SOURCE_NOT_FOUND/);
      assert.doesNotMatch(text, /vanishing-/);
    }
    const [, listed] = await get("/exports");
    const { exports } = JSON.parse(listed) as { readonly exports: readonly { readonly name: string }[] };
    assert.deepEqual(
      exports.map(({ name }) => name),
      ["gone", "stays"],
    );
    await writeFile(gone, "id,t\n3,x\n");
    assert.deepEqual(await get("/exports/gone.csv"), [200, "id,t\r\n3,x\r\n"]);
  });
});

test("stops at once on a second signal, with the signal's exit code", async () => {
  await using server = await startServe();
  const { rest } = await beginExport(server, "rows=50000000");
  const reading = rest();
  server.process.kill("SIGINT");
  await server.logged(({ msg }) => msg === "draining");
  server.process.kill("SIGINT");
  await assert.rejects(reading);
  assert.equal((await server.ended).exitCode, 130);
});

test("drains also when its terminal closes, which signals all its processes", async () => {
  await using server = await startServe();
  const { rest } = await beginExport(server, "rows=200000");
  const workers = await workersOf(server);
  for (const worker of workers) process.kill(worker, "SIGHUP");
  server.process.kill("SIGHUP");
  await rest();
  assert.equal((await server.ended).exitCode, 0);
  assert.equal(server.log().find(({ msg }) => msg === "transfer completed")?.["rows"], 200_000);
});

test("leaves no process and no temporary folder behind", async () => {
  const temporary = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  const server = await startServe(["--workers", "2"], { env: { TMPDIR: temporary } });
  await (await fetch(`${server.url}/exports/orders.csv?rows=5&delivery=file`)).text();
  const workers = await workersOf(server);
  assert.equal(workers.length, 2);
  assert.notDeepEqual(await readdir(temporary), []);
  await server[Symbol.asyncDispose]();
  for (const pid of workers) assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
  assert.deepEqual(await readdir(temporary), []);
  await rm(temporary, { recursive: true });
});

test("ends its workers when the primary is killed", async () => {
  const server = await startServe();
  const [worker = 0] = await workersOf(server);
  server.process.kill("SIGKILL");
  await server.ended;
  for (;;) {
    try {
      process.kill(worker, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

describe("limits of one worker", () => {
  let server: ServeProcess;
  before(async () => {
    server = await startServe(["--slots", "1", "--queue", "1", "--buffer-memory", "1MiB"]);
  });
  after(() => server[Symbol.asyncDispose]());

  test("makes exports wait for a slot, and refuses with Retry-After when the queue is full", async () => {
    const first = await fetch(`${server.url}/exports/orders.csv?rows=50000000`);
    const waiting = fetch(`${server.url}/exports/orders.csv?rows=3`);
    await statsWhen(server, ({ total }) => total.queued === 1);
    const refused = await fetch(`${server.url}/exports/orders.csv?rows=3`);
    assert.equal(refused.status, 503);
    assert.match(refused.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
    assert.equal(((await refused.json()) as Record<string, unknown>)["code"], "SCSV_BUSY");
    assert.equal(await (await fetch(`${server.url}/ping`)).text(), "pong");
    await first.body?.cancel();
    assert.equal(
      (await (await waiting).text()).split("\r\n")[0],
      "id,customer,email,quantity,price,paid,created_at,note,status,region",
    );
  });

  test("refuses a buffered body that exceeds the memory limit, frees its memory, and continues to serve", async () => {
    const refused = await fetch(`${server.url}/exports/orders.csv?rows=20000&delivery=buffered`);
    assert.equal(refused.status, 413);
    assert.equal(((await refused.json()) as Record<string, unknown>)["code"], "SCSV_BUFFER_MEMORY");
    const stats = await statsOf(server);
    assert.equal(stats.bufferMemory.usedBytes, 0);
    assert.equal(stats.total.busySlots, 0);
    const small = await fetch(`${server.url}/exports/orders.csv?rows=5000&delivery=buffered`);
    assert.equal(small.status, 200);
    await small.arrayBuffer();
  });

  test("drops a client that disconnects while its file is built, without counting a failure", async () => {
    const client = new AbortController();
    const path = "/exports/orders.csv?rows=90000000&delivery=file";
    const left = fetch(server.url + path, { signal: client.signal });
    await statsWhen(server, ({ total }) => total.busySlots === 1);
    client.abort();
    await assert.rejects(left);
    await server.logged(({ state, delivery }) => state === "client-gone" && delivery === "file");
    const stats = await statsOf(server);
    assert.equal(stats.total.busySlots, 0);
    assert.deepEqual(
      server.log().filter(({ level }) => Number(level) >= 50),
      [],
    );
  });

  test("replaces a worker that dies; its client sees a cut connection and its transfer is failed", async () => {
    const [worker] = await workersOf(server);
    const response = await fetch(`${server.url}/exports/orders.csv?rows=50000000`);
    const reading = response.text();
    assert.ok(worker !== undefined);
    process.kill(worker, "SIGKILL");
    await assert.rejects(reading);
    await server.logged(({ msg, delayMs }) => String(msg).endsWith("another is started") && delayMs === 0);
    const [replacement] = await workersOf(server);
    assert.notEqual(replacement, worker);
    const transfer = (await (
      await fetch(`${server.url}/transfers/${response.headers.get("x-transfer-id")}`)
    ).json()) as Record<string, unknown>;
    assert.equal(transfer["state"], "failed");
    assert.match(JSON.stringify(transfer["error"]), /SIGKILL/);
  });
});

describe("a small spool, and several workers", () => {
  let server: ServeProcess;
  before(async () => {
    server = await startServe(["--workers", "3", "--spool-size", "1MiB"]);
  });
  after(() => server[Symbol.asyncDispose]());

  test("refuses a file larger than the spool, and bounds the spool", async () => {
    const refused = await fetch(`${server.url}/exports/orders.csv?rows=20000&delivery=file`);
    assert.equal(refused.status, 413);
    assert.equal(((await refused.json()) as Record<string, unknown>)["code"], "SCSV_SPOOL_SIZE");
    for (const seed of [1, 2, 3]) {
      const response = await fetch(`${server.url}/exports/orders.csv?rows=5000&delivery=file&seed=${seed}`);
      assert.equal(response.status, 200);
      await response.arrayBuffer();
    }
    const { spool } = await statsOf(server);
    assert.equal(spool.files, 1);
    assert.ok(spool.bytes <= spool.limitBytes);
  });

  test("knows every transfer whose id a client has, whichever worker is asked", async () => {
    for (let count = 0; count < 30; count += 1) {
      const response = await fetch(`${server.url}/exports/orders.csv?rows=9000000`);
      const path = `${server.url}/transfers/${response.headers.get("x-transfer-id")}`;
      // Each on a connection of its own, so that other workers are asked too.
      const headers = { Connection: "close" };
      const asked = await Promise.all([fetch(path, { headers }), fetch(path, { method: "DELETE", headers })]);
      assert.deepEqual(
        asked.map(({ status }) => status),
        [200, 202],
      );
      await assert.rejects(response.text());
    }
  });
});

test("answers clients that connect during the start, from the moment its port is open", async () => {
  const port = await findFreePort();
  const server = startCli(["serve", "--port", String(port), "--queue", "10000"]);
  const ready = new AbortController();
  server.process.stdout.once("data", () => ready.abort());
  void server.ended.then(() => ready.abort());
  const statuses: Promise<number>[] = [];
  while (!ready.signal.aborted) {
    const socket = connect(port, "127.0.0.1");
    // The kernel refuses connections until the server listens.
    if (await once(socket, "connect").catch(() => null)) statuses.push(statusOfPing(socket));
    await sleep(1);
  }
  const early = await Promise.all(statuses);
  server.process.kill("SIGTERM");
  await server.ended;
  assert.ok(early.length > 10, `only ${early.length} connections came before the server was ready`);
  assert.deepEqual(new Set(early), new Set([200]));
});

test("says which port is taken, with exit code 1", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  const { port } = taken.address() as AddressInfo;
  const { exitCode, stderr } = await runCli(["serve", "--port", String(port)]);
  taken.close();
  assert.equal(exitCode, 1);
  assert.match(stderr, new RegExp(`127\\.0\\.0\\.1, port ${port}`));
  assert.match(stderr, /--port 0/);
});

const badStarts: readonly (readonly [title: string, args: readonly string[], said: RegExp])[] = [
  ["a missing file", ["/nowhere/missing.parquet"], /"\/nowhere\/missing\.parquet"/],
  ["a file of an unknown kind", ["package.json.bak"], /"package\.json\.bak"/],
  ["a file that is no Parquet", ["test-no.parquet"], /test-no\.parquet/],
  ["a port that isn't a number", ["--port", "eighty"], /"eighty"/],
  ["a port that is too large", ["--port", "70000"], /"70000" is not a port/],
  ["no workers", ["--workers", "0"], /^error: --workers: "0" is too small\. Use 1 or more/m],
  ["a size that is none", ["--buffer-memory", "lots"], /"lots" is not a size/],
  ["a duration no timer can wait", ["--drain-timeout", "600h"], /"600h" is too long/],
  ["a spool that can't be kept", ["--spool-dir", "/dev/null"], /"\/dev\/null".*--spool-dir/s],
  ["a duration that is none", ["--drain-timeout", "soon"], /"soon" is not a duration/],
  ["an unknown flag", ["--fast"], /unknown option "--fast"/],
  ["an unknown log level", ["--log-level", "loud"], /loud/],
];
for (const [title, args, said] of badStarts) {
  test(`says what is wrong with ${title}, with exit code 1`, async () => {
    const { exitCode, stderr, stdout } = await runCliInTurn(["serve", "--port", "0", ...args]);
    assert.equal(exitCode, 1);
    assert.equal(stdout, "");
    assert.match(stderr, said);
    assert.doesNotMatch(stderr, /^\s+at /m);
  });
}
