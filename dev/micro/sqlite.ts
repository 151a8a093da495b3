/**
 * Compares our export of a table of SQLite with better-sqlite3's `iterate()` into csv-stringify, and with `sqlite3 -csv`
 * where that program is there.
 *
 * The contenders take turns, with reversed order in every other round, and each ratio is taken within a round. All texts are
 * discarded. Also printed: the memory of this process after 100,000 and after all rows, and how long a reader process is
 * still there after an abort.
 *
 *     node dist/dev/micro/sqlite.js [rows] [rounds]
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import Database from "better-sqlite3";
import { stringify } from "csv-stringify";
import { csvChunks, openSource } from "../../src/index.ts";
import { median } from "../../bench/statistics/median.ts";
import { medianSeconds, ratiosText, runInTurns } from "./in-turns.ts";

const rows = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 5);
const folder = mkdtempSync(join(tmpdir(), "stream-csv-micro-"));
const path = join(folder, "orders.sqlite");

const database = new Database(path);
database.exec(`
  CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, email TEXT, quantity INTEGER, price DECIMAL(10,2),
    weight REAL, note TEXT, status TEXT);
  WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${rows})
  INSERT INTO orders SELECT n, 'Customer "' || (n % 9973) || '", Zürich', 'user' || n || '@example.com', n % 100,
    (n * 7919 % 100000) / 100.0, n / 7.0, CASE n % 3 WHEN 0 THEN 'note ' || n END,
    CASE n % 3 WHEN 0 THEN 'new' WHEN 1 THEN 'paid' ELSE 'sent' END FROM c;
`);
const source = await openSource(path);

async function runOurs(): Promise<number> {
  let bytes = 0;
  for await (const chunk of csvChunks(source, { dialect: "unix" })) bytes += chunk.byteLength;
  return bytes;
}

async function runDriver(): Promise<number> {
  let bytes = 0;
  const cells = database.prepare("SELECT * FROM orders").raw(true).safeIntegers(true).iterate();
  const text = Readable.from(cells).pipe(stringify({ cast: { bigint: String } }));
  for await (const chunk of text) bytes += (chunk as Buffer).byteLength;
  return bytes;
}

async function runShell(): Promise<number> {
  const child = spawn("sqlite3", ["-readonly", "-csv", path, "SELECT * FROM orders"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  let bytes = 0;
  for await (const chunk of child.stdout) bytes += (chunk as Buffer).byteLength;
  await exited;
  return bytes;
}

async function residentAfter(limit: number): Promise<number> {
  let peakBytes = 0;
  const { signal } = new AbortController();
  for await (const batch of source.read({ signal, rows: limit }))
    if (batch.rowCount > 0) peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  return peakBytes;
}

async function abortMilliseconds(): Promise<number> {
  const abort = new AbortController();
  const batches = source.read({ signal: abort.signal })[Symbol.asyncIterator]();
  await batches.next();
  const startMs = performance.now();
  abort.abort();
  // It rejects when the process is gone.
  await Promise.resolve(batches.next()).catch(() => undefined);
  return performance.now() - startMs;
}

try {
  const memory = [await residentAfter(Math.min(100_000, rows)), await residentAfter(rows)];
  const aborts: number[] = [];
  for (let count = 0; count < 20; count += 1) aborts.push(await abortMilliseconds());
  const hasShell = spawnSync("sqlite3", ["-version"]).status === 0;
  const contenders = [
    { name: "ours", run: runOurs },
    { name: "better-sqlite3, csv-stringify", run: runDriver },
    ...(hasShell ? [{ name: "sqlite3 -csv", run: runShell }] : []),
  ];
  const taken = await runInTurns(
    contenders.map(({ run }) => run),
    rounds,
  );
  const [ours = []] = taken;
  process.stdout.write(`${rows} rows; ratios of ours; CPU is that of this process alone\n`);
  for (const [index, { name }] of contenders.entries()) {
    const seconds = medianSeconds(taken[index] ?? []);
    process.stdout.write(
      `${name.padEnd(30)}${(rows / seconds / 1e6).toFixed(2)} Mrow/s  ${ratiosText(ours, taken[index] ?? [])}\n`,
    );
  }
  const [some = 0, all = 0] = memory.map((bytes) => bytes / 1e6);
  process.stdout.write(
    `peak memory of this process: ${some.toFixed(0)} MB for 100,000 rows, ${all.toFixed(0)} MB for all\n`,
  );
  process.stdout.write(
    `reader process gone after an abort: ${median(aborts)?.toFixed(1)} ms (median), ${Math.max(...aborts).toFixed(1)} ms (longest)\n`,
  );
} finally {
  await source.close();
  database.close();
  rmSync(folder, { recursive: true });
}
