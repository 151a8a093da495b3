import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startPostgres } from "../../dev/postgres-server.ts";
import { statsOf, statsWhen } from "../harness/ask.ts";
import { startServe, type ServeProcess } from "../harness/cli.ts";
import { connectTo, get } from "../harness/raw-client.ts";

const started = startPostgres(["max_connections=40"]);
const skip = typeof started === "string" ? started : false;
const connections = 4;

let folder = "";
let server: ServeProcess;

before(async () => {
  if (typeof started === "string") return;
  folder = await mkdtemp(join(tmpdir(), "stream-csv-queries-"));
  const rows = "SELECT n, repeat('x', 100) AS t FROM (SELECT generate_series(1, :rowCount) AS n) AS s";
  const configuration = {
    server: { slots: 100, queue: 200, queueTimeout: "2s" },
    databases: { shop: { url: started.url, connections } },
    exports: {
      series: {
        database: "shop",
        sql: rows,
        parameters: { rowCount: { type: "integer", default: 100_000_000 } },
      },
    },
  };
  await writeFile(join(folder, "stream-csv.json"), JSON.stringify(configuration));
  server = await startServe([], { cwd: folder });
});
after(async () => {
  if (typeof started === "string") return;
  await server[Symbol.asyncDispose]();
  started.stop();
  await rm(folder, { recursive: true, force: true });
});

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
    const answer = await fetch(`${server.url}/exports/series.csv?rowCount=3&columns=n`);
    assert.equal(await answer.text(), "n\r\n1\r\n2\r\n3\r\n");
  },
);

test(
  "two thousand exports use the same few sessions, and no more memory than the first ones",
  { skip },
  async () => {
    const residentAfter = async (count: number): Promise<number> => {
      for (let done = 0; done < count; done += 1)
        await (await fetch(`${server.url}/exports/series.csv?rowCount=2000`)).arrayBuffer();
      return (await statsOf(server)).total.residentBytes;
    };
    const first = await residentAfter(200);
    await residentAfter(600);
    // Garbage of 20 MiB comes and goes within some 1,200 exports; what leaks is there at all of these moments.
    const samples: number[] = [];
    for (let count = 0; count < 6; count += 1) samples.push(await residentAfter(200));
    const last = Math.min(...samples);
    assert.ok(last - first < 16 * 1024 ** 2, `${last - first} bytes more`);
    assert.ok(sessions("all") <= connections);
  },
);

test("of a thousand clients at once each is served whole, or told when to come again", { skip }, async () => {
  const answers = await Promise.all(
    Array.from({ length: 1000 }, async () => {
      const answer = await fetch(`${server.url}/exports/series.csv?rowCount=20000`);
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
  assert.ok(sessions("all") <= connections);
});
