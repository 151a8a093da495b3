/**
 * Compares our export of a table of PostgreSQL with what others make of the same rows: psql's `\copy` to a file, pg-copy-streams,
 * and pg-query-stream through csv-stringify. Each writes a file, and reads on meanwhile.
 *
 * The table holds the rows of the generated export `orders`. The contenders alternate in one process, with reversed order in every
 * other round; each ratio is taken within a round. CPU seconds are those of this process, so not of psql, nor of the database. Before
 * anything is timed, our text is compared with psql's, byte for byte.
 *
 *     node dist/dev/micro/postgres.js [rows] [rounds]
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { stringify } from "csv-stringify";
import { Client } from "pg";
import { to as copyTo } from "pg-copy-streams";
import QueryStream from "pg-query-stream";
import { systemClock } from "../../src/clock.ts";
import { csvChunks, type DialectName, type Source } from "../../src/index.ts";
import { generatedSource, WriteBehind } from "../../src/internal.ts";
import { PostgresDatabase } from "../../src/source/postgres/database.ts";
import { describeQuery } from "../../src/source/postgres/query.ts";
import { startPostgres } from "../postgres-server.ts";
import { medianSeconds, ratiosText, runInTurns } from "./in-turns.ts";

const rows = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 5);
const execute = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "stream-csv-micro-"));
const started = startPostgres();
if (typeof started === "string") throw new Error(started);
const server = started;
// psql runs as another user, and reads the file that fills the table.
chmodSync(folder, 0o755);
/** Bytes that wait to be written before reading waits; with less, a stream reads and writes in turns. */
const highWaterMark = 1024 ** 2;
let ours: Source;

const columns =
  "id bigint, customer text, email text, quantity int, price numeric(10,2), paid boolean, created_at timestamp, note text, status text, region text";

async function fill(): Promise<void> {
  const table = join(folder, "rows.csv");
  await pipeline(
    csvChunks(generatedSource("orders", { rows }), { dialect: "postgres" }),
    createWriteStream(table),
  );
  server.run(`CREATE TABLE orders (${columns})`);
  server.run(`\\copy orders FROM '${table}' CSV HEADER`);
  server.run("ANALYZE orders");
}

async function client(): Promise<Client> {
  const made = new Client({ connectionString: server.url });
  await made.connect();
  return made;
}

const database = await PostgresDatabase.open({ url: server.url }, systemClock);

async function source(): Promise<Source> {
  const { signal } = new AbortController();
  const settings = { name: "orders", sql: "TABLE orders", parameterTypes: new Map() };
  const query = await describeQuery(database, settings, signal);
  return query.bind({ values: new Map(), version: "" });
}

function path(name: string): string {
  return join(folder, `${name}.csv`);
}

async function runOurs(dialect: DialectName): Promise<void> {
  const file = await open(path("ours"), "w");
  const stop = new AbortController();
  const writing = new WriteBehind((error) => stop.abort(error));
  try {
    for await (const chunk of csvChunks(ours, { dialect, signal: stop.signal }))
      await writing.begin(() => file.writeFile(chunk));
    await writing.finish();
  } catch (error) {
    throw await writing.abandon(error);
  } finally {
    await file.close();
  }
}

async function runPsql(): Promise<void> {
  const command = `\\copy orders TO '${path("psql")}' CSV HEADER`;
  await execute("psql", [server.url, "-X", "-q", "-c", command]);
}

async function runCopyStream(): Promise<void> {
  const one = await client();
  const text = one.query(copyTo("COPY orders TO STDOUT CSV HEADER"));
  await pipeline(text, createWriteStream(path("copy"), { highWaterMark }));
  await one.end();
}

async function runQueryStream(): Promise<void> {
  const one = await client();
  const objects = one.query(new QueryStream("SELECT * FROM orders"));
  await pipeline(objects, stringify({ header: true }), createWriteStream(path("query"), { highWaterMark }));
  await one.end();
}

async function digest(name: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path(name)), hash);
  return hash.digest("hex");
}

try {
  await fill();
  ours = await source();
  await runOurs("postgres");
  await runPsql();
  if ((await digest("ours")) !== (await digest("psql")))
    throw new Error("Our text differs from that of psql.");
  const names = [
    "ours",
    "ours, dialect postgres",
    "psql \\copy",
    "pg-copy-streams",
    "pg-query-stream and csv-stringify",
  ];
  const taken = await runInTurns(
    [() => runOurs("rfc4180"), () => runOurs("postgres"), runPsql, runCopyStream, runQueryStream],
    rounds,
  );
  const [mine = [], ...others] = taken;
  process.stdout.write(`${rows} rows, ${rounds} rounds; medians\n`);
  for (const [index, one] of taken.entries())
    process.stdout.write(`${names[index]?.padEnd(36)} ${medianSeconds(one).toFixed(2)} s\n`);
  for (const [index, other] of others.entries())
    process.stdout.write(`ours : ${names[index + 1]?.padEnd(36)} ${ratiosText(mine, other)}\n`);
} finally {
  await database.close();
  server.stop();
  rmSync(folder, { recursive: true });
}
