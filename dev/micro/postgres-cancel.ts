/**
 * Measures how long a query is still seen in `pg_stat_activity` after its reading was aborted: while it sorts, while its rows are
 * taken, and while nobody takes them. What asking takes is shown too: a shorter time can't be seen.
 *
 *     node dist/dev/micro/postgres-cancel.js [times]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { median } from "../../bench/statistics/median.ts";
import { systemClock } from "../../src/clock.ts";
import { PostgresDatabase } from "../../src/source/postgres/database.ts";
import { describeQuery } from "../../src/source/postgres/query.ts";
import { startPostgres } from "../postgres-server.ts";

const times = Number(process.argv[2] ?? 20);
const started = startPostgres();
if (typeof started === "string") throw new Error(started);
const server = started;
const database = await PostgresDatabase.open({ url: server.url }, systemClock);
const watcher = new Client({ connectionString: server.url });

const series = "SELECT n, repeat('x', 100) AS t FROM (SELECT generate_series(1, 100000000) AS n) AS s";
const situations = {
  "while it sorts": {
    sql: "SELECT g AS n FROM generate_series(1, 3000000) AS g ORDER BY md5(g::text)",
    isRead: true,
  },
  "while its rows are taken": { sql: series, isRead: true },
  "while nobody takes them": { sql: series, isRead: false },
};

async function running(): Promise<number> {
  const { rows } = await watcher.query<{ count: string }>(
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stream-csv measured' AND state <> 'idle'",
  );
  return Number(rows[0]?.count);
}

async function cancelOnce({
  sql,
  isRead,
}: {
  readonly sql: string;
  readonly isRead: boolean;
}): Promise<number> {
  const abort = new AbortController();
  const query = await describeQuery(database, { name: "q", sql, parameterTypes: new Map() }, abort.signal);
  const source = query.bind({ values: new Map(), version: "" });
  const batches = source.read({ signal: abort.signal, label: "measured" })[Symbol.asyncIterator]();
  const reading = (async () => {
    let step = await batches.next();
    if (!isRead) return;
    while (step.done !== true) step = await batches.next();
  })().catch(() => undefined);
  while ((await running()) === 0) await sleep(5);
  await sleep(50);
  const begun = performance.now();
  abort.abort(new Error("left"));
  while ((await running()) > 0);
  const taken = performance.now() - begun;
  await reading;
  await batches.return?.();
  return taken;
}

function print(name: string, takenMs: readonly number[]): void {
  const text = `${(median(takenMs) ?? 0).toFixed(1)} ms, longest ${Math.max(...takenMs).toFixed(1)} ms`;
  process.stdout.write(`${name.padEnd(26)} ${text}\n`);
}

try {
  await watcher.connect();
  const asked: number[] = [];
  for (let done = 0; done < times; done += 1) {
    const begun = performance.now();
    await running();
    asked.push(performance.now() - begun);
  }
  print("asking alone", asked);
  for (const [name, situation] of Object.entries(situations)) {
    const taken: number[] = [];
    for (let done = 0; done < times; done += 1) taken.push(await cancelOnce(situation));
    print(name, taken);
  }
} finally {
  await watcher.end();
  await database.close();
  server.stop();
}
