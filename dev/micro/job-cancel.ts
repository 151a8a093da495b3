/**
 * Measures how long the query of a job is still seen in `pg_stat_activity` after `DELETE /jobs/{id}`: while it sorts, and while
 * its rows are written.
 *
 *     node dist/dev/micro/job-cancel.js [times]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { median } from "../../bench/statistics/median.ts";
import { startServer } from "../../src/server.ts";
import { startPostgres } from "../postgres-server.ts";

const times = Number(process.argv[2] ?? 20);
const started = startPostgres();
if (typeof started === "string") throw new Error(started);
const database = { name: "measured", url: started.url };
const queries = {
  "while it sorts": "SELECT g AS n FROM generate_series(1, 3000000) AS g ORDER BY md5(g::text)",
  "while its rows are written":
    "SELECT n, repeat('x', 100) AS t FROM (SELECT generate_series(1, 100000000) AS n) AS s",
};
const sources = Object.entries(queries).map(([, sql], index) => ({ name: `q${index}`, database, sql }));
const server = await startServer({ port: 0, sources, log: { level: "silent" }, spoolBytes: 64 * 1024 ** 3 });
const watcher = new Client({ connectionString: started.url });

async function running(id: string): Promise<number> {
  const sql =
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stream-csv ' || $1 AND state <> 'idle'";
  const { rows } = await watcher.query<{ count: string }>(sql, [id]);
  return Number(rows[0]?.count);
}

async function cancelOnce(name: string): Promise<number> {
  const submitted = await fetch(`${server.url}/exports/${name}/jobs`, { method: "POST" });
  const { id } = (await submitted.json()) as { readonly id: string };
  while ((await running(id)) === 0) await sleep(5);
  await sleep(50);
  const begun = performance.now();
  const cancelled = fetch(`${server.url}/jobs/${id}`, { method: "DELETE" });
  while ((await running(id)) > 0);
  const taken = performance.now() - begun;
  await (await cancelled).arrayBuffer();
  return taken;
}

try {
  await watcher.connect();
  for (const [index, title] of Object.keys(queries).entries()) {
    const taken: number[] = [];
    for (let done = 0; done < times; done += 1) taken.push(await cancelOnce(`q${index}`));
    const text = `${(median(taken) ?? 0).toFixed(1)} ms, longest ${Math.max(...taken).toFixed(1)} ms`;
    process.stdout.write(`${title.padEnd(28)} ${text}\n`);
  }
} finally {
  await watcher.end();
  server.kill();
  await server.stopped;
  started.stop();
}
