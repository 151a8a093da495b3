import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startPostgres } from "../../dev/postgres-server.ts";
import { hasProcFiles } from "../../bench/probe/proc-file.ts";
import { statsOf, statsWhen } from "../harness/ask.ts";
import { startServe, type ServeProcess } from "../harness/cli.ts";
import { liveMemoryOf, tellsLiveMemory } from "../harness/live-memory-of.ts";
import { privateBytesOf } from "../harness/private-bytes.ts";
import { connectTo, get } from "../harness/raw-client.ts";

const started = startPostgres(["max_connections=40"]);
const skip = typeof started === "string" ? started : false;
const connections = 10;
const mebibyte = 1024 ** 2;

let folder = "";
let server: ServeProcess;

before(async () => {
  if (typeof started === "string") return;
  folder = await mkdtemp(join(tmpdir(), "stream-csv-queries-"));
  const rows = "SELECT n, repeat('x', 100) AS t FROM (SELECT generate_series(1, :rowCount) AS n) AS s";
  const configuration = {
    server: { slots: 100, queue: 200, queueTimeout: "2s" },
    // A query that is compiled takes a backend some 70 MB for a library of its own.
    databases: { shop: { url: `${started.url}?options=-c%20jit%3Doff`, connections } },
    exports: {
      session: {
        database: "shop",
        // Each waits until all of them run, so that each has a connection of its own. A busy machine takes half a second to make ten.
        sql: `SELECT pg_backend_pid() AS pid, (SELECT count(*) FROM pg_prepared_statements) AS statements, pg_sleep(2)::text AS s`,
      },
      series: {
        database: "shop",
        sql: rows,
        parameters: { rowCount: { type: "integer", default: 100_000_000 } },
      },
    },
  };
  await writeFile(join(folder, "stream-csv.json"), JSON.stringify(configuration));
  server = await startServe([], { cwd: folder, env: tellsLiveMemory });
});
after(async () => {
  if (typeof started === "string") return;
  await server[Symbol.asyncDispose]();
  started.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What each connection of the pool says of its session, in order of its process id. */
async function pooledSessions(): Promise<readonly { readonly pid: number; readonly statements: number }[]> {
  const answers = Array.from({ length: connections }, async () => {
    const answer = await fetch(`${server.url}/exports/session.csv?dialect=unix&header=false`);
    assert.equal(answer.status, 200, answer.status === 200 ? "" : await answer.text());
    const [pid = 0, statements = -1] = (await answer.text()).split(",").map(Number);
    return { pid, statements };
  });
  const found = (await Promise.all(answers)).toSorted((a, b) => a.pid - b.pid);
  // No connection of the pool is lost: that many are used at once.
  assert.equal(new Set(found.map(({ pid }) => pid)).size, connections);
  return found;
}

/** Sessions of this tool: all, or only those that are doing something. */
function sessions(state: "all" | "busy"): number {
  if (typeof started === "string") throw new Error(started);
  const busy = state === "busy" ? "AND state <> 'idle'" : "";
  const sql = `SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'stream-csv%' ${busy}`;
  return Number(started.run(`COPY (${sql}) TO STDOUT`));
}

test(
  "a thousand clients that leave at random moments leave no query and no connection behind",
  { skip },
  async () => {
    const seed = 7;
    for (let round = 0; round < 50; round += 1) {
      const clients = Array.from({ length: 20 }, async (_, index) => {
        const { socket } = await connectTo(server.url, get("/exports/series.csv"));
        await sleep((round * 31 + index * seed) % 40);
        socket.destroy();
      });
      await Promise.all(clients);
    }
    await statsWhen(
      server,
      ({ total }) => total.busyDatabaseConnections === 0 && total.queuedForDatabase === 0,
    );
    while (sessions("busy") > 0) await sleep(20);
    await pooledSessions();
    assert.equal(sessions("all"), connections);
    const answer = await fetch(`${server.url}/exports/series.csv?rowCount=3&columns=n`);
    assert.equal(await answer.text(), "n\r\n1\r\n2\r\n3\r\n");
  },
);

test(
  "two thousand exports use the same few sessions, and no more memory than the first ones",
  { skip },
  async () => {
    const [worker] = (await statsOf(server)).workers;
    const liveAfter = async (count: number): Promise<number> => {
      for (let done = 0; done < count; done += 1)
        await (await fetch(`${server.url}/exports/series.csv?rowCount=2000`)).arrayBuffer();
      return await liveMemoryOf(worker?.pid ?? 0);
    };
    // What is compiled comes with the first ones, and the last 1,000 transfers are kept.
    const first = await liveAfter(1000);
    const last = await liveAfter(1000);
    assert.ok(last - first < mebibyte, `${last - first} bytes more`);
    assert.ok(sessions("all") <= connections);
  },
);

test(
  "a thousand exports leave no prepared statement, and no more memory in the backends",
  { skip: hasProcFiles ? skip : "the memory of a backend is read from /proc" },
  async () => {
    const exportTimes = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += connections) {
        const answers = Array.from({ length: connections }, async (_, index) => {
          // Other columns and limits are other statements.
          const limits = index % 2 === 0 ? `&columns=n&rows=${1 + (done % 40)}` : "";
          const path = `/exports/series.csv?rowCount=${50 + index}${limits}`;
          const answer = await fetch(`${server.url}${path}`);
          assert.equal(answer.status, 200, answer.status === 200 ? "" : await answer.text());
          await answer.arrayBuffer();
        });
        await Promise.all(answers);
      }
    };
    await exportTimes(200);
    const earlier = await pooledSessions();
    const bytesBefore = earlier.map(({ pid }) => privateBytesOf(pid));
    await exportTimes(1000);
    assert.deepEqual(await pooledSessions(), earlier);
    for (const [index, { pid, statements }] of earlier.entries()) {
      assert.equal(statements, 0);
      const grown = privateBytesOf(pid) - (bytesBefore[index] ?? 0);
      assert.ok(grown < mebibyte / 4, `${grown} bytes more in a backend`);
    }
  },
);

test(
  "a client that reads nothing takes no more memory in the worker and in its backend",
  { skip: hasProcFiles ? skip : "the memory of a backend is read from /proc" },
  async () => {
    const stalled = await connectTo(server.url, get("/exports/series.csv"));
    const sql =
      "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'stream-csv%' AND wait_event = 'ClientWrite'";
    let pid = 0;
    while (pid === 0) {
      await sleep(20);
      if (typeof started !== "string") pid = Number(started.run(`COPY (${sql}) TO STDOUT`));
    }
    const bytesNow = async (): Promise<readonly [worker: number, backend: number]> => [
      (await statsOf(server)).total.residentBytes,
      privateBytesOf(pid),
    ];
    const [worker, backend] = await bytesNow();
    for (let sample = 0; sample < 10; sample += 1) {
      await sleep(200);
      const [workerNow, backendNow] = await bytesNow();
      assert.ok(workerNow - worker < 8 * mebibyte, `${workerNow - worker} bytes more in the worker`);
      assert.ok(backendNow - backend < mebibyte, `${backendNow - backend} bytes more in the backend`);
    }
    assert.ok(backend < 16 * mebibyte, `${backend} bytes in the backend`);
    stalled.socket.destroy();
    while (sessions("busy") > 0) await sleep(20);
  },
);

test("serves each of a thousand clients at once whole, or says when to come again", { skip }, async () => {
  const answers = await Promise.all(
    Array.from({ length: 1000 }, async () => {
      // Nobody hangs: an answer that never ends fails here.
      const signal = AbortSignal.timeout(120_000);
      const answer = await fetch(`${server.url}/exports/series.csv?rowCount=20000`, { signal });
      const text = await answer.text();
      if (answer.status === 200) assert.equal(text.split("\r\n").length, 20_002);
      else assert.ok(Number(answer.headers.get("retry-after")) >= 1);
      return answer.status;
    }),
  );
  assert.deepEqual(
    [...new Set(answers)].toSorted((a, b) => a - b),
    [200, 503],
  );
  assert.equal(sessions("all"), connections);
  await pooledSessions();
});
