import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { startPostgres } from "../../dev/postgres-server.ts";
import { statsOf } from "../harness/ask.ts";
import { runCli, startServe, type ServeProcess } from "../harness/cli.ts";
import { writePageFiles, type WrittenFiles } from "../harness/page-files.ts";
import { connectTo, get } from "../harness/raw-client.ts";

const database = startPostgres();
const skip = typeof database === "string" ? database : false;

const manyRows = 200_000;
/** Two whole pages of the recipe. */
const evenRows = 2000;
const tables = `
CREATE TABLE invoice (id bigint PRIMARY KEY, customer_id int NOT NULL, total numeric, issued_on date, changed_at timestamptz, memo text);
INSERT INTO invoice VALUES
  (-9007199254740993, 1, -0.0500, '1969-12-31', '1969-12-31 23:59:59.000001+00', 'a "b", c'),
  (-7, 1, 12345678901234567890.123456789, 'infinity', '2026-11-28 14:05:09.123456+05:30', 'Zürich 🚆'),
  (-1, 1, NULL, NULL, NULL, NULL);
INSERT INTO invoice SELECT g, 2, g, NULL, NULL, repeat('x', 100) FROM generate_series(1, ${manyRows}) AS g;
INSERT INTO invoice SELECT 1000000 + g, 3, g FROM generate_series(1, ${evenRows}) AS g;
CREATE INDEX ON invoice (customer_id, id);
ANALYZE invoice;
CREATE ROLE drizzle LOGIN;
GRANT SELECT ON invoice TO drizzle;`;

const exactText = [
  "id,total,issuedOn,changedAt,memo",
  '-9007199254740993,-0.0500,1969-12-31,1969-12-31 23:59:59.000001+00,"a ""b"", c"',
  "-7,12345678901234567890.123456789,infinity,2026-11-28 08:35:09.123456+00,Zürich 🚆",
  "-1,,,,",
  "",
].join("\r\n");

let files: WrittenFiles;
let server: ServeProcess;
let env: Readonly<Record<string, string>> = {};

before(async () => {
  if (typeof database === "string") return;
  database.run(tables);
  env = { DATABASE_URL: database.url.replace("test@", "drizzle@") };
  files = await writePageFiles("drizzle");
  server = await startServe(["--workers", "1"], { cwd: files.path, env });
});

after(async () => {
  if (typeof database === "string") return;
  await server[Symbol.asyncDispose]();
  database.stop();
  await files[Symbol.asyncDispose]();
});

function run(sql: string): string {
  return typeof database === "string" ? "" : database.run(sql).toString().trim();
}

/** Sessions of exports, or those of them that wait for something. */
function sessions(waitEvents: readonly string[] = []): number {
  const waiting = waitEvents.length === 0 ? "" : `AND wait_event IN ('${waitEvents.join("', '")}')`;
  return Number(
    run(`COPY (SELECT count(*) FROM pg_stat_activity WHERE usename = 'drizzle' ${waiting}) TO STDOUT`),
  );
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !isSo(); await sleep(20))
    if (Date.now() > end) assert.fail(`${what}: not within 20 s`);
}

const noneLeft = (): Promise<void> => until("no session is left", () => sessions() === 0);

async function idsOf(response: Response): Promise<readonly string[]> {
  assert.equal(response.status, 200);
  const [, ...lines] = (await response.text()).split("\r\n");
  return lines.slice(0, -1).map((line) => line.split(",")[0] ?? "");
}

test("a module of Drizzle's rows serves exact values", { skip }, async () => {
  const response = await fetch(`${server.url}/exports/invoices.csv?customer=1`);
  assert.equal(await response.text(), exactText);
  await noneLeft();
});

test("a module of Drizzle's rows lets the command end", { skip }, async () => {
  const { stdout, stderr, exitCode } = await runCli(["export", "invoices", "--param", "customer=1"], {
    cwd: files.path,
    env,
  });
  assert.equal(exitCode, 0, stderr);
  assert.equal(stdout, exactText);
});

test("Drizzle's pages have each row once, also where the last page is full", { skip }, async () => {
  const many = await idsOf(await fetch(`${server.url}/exports/invoices.csv?customer=2`));
  assert.deepEqual(
    many,
    Array.from({ length: manyRows }, (_, n) => String(n + 1)),
  );
  const even = await idsOf(await fetch(`${server.url}/exports/invoices.csv?customer=3`));
  assert.deepEqual(
    even,
    Array.from({ length: evenRows }, (_, n) => String(1_000_001 + n)),
  );
  assert.deepEqual(await idsOf(await fetch(`${server.url}/exports/invoices.csv?customer=9`)), []);
  await noneLeft();
});

test("Drizzle's pages are of one snapshot, whatever is written meanwhile", { skip }, async () => {
  const client = await connectTo(
    server.url,
    get("/exports/invoices.csv?customer=2", { Connection: "close" }),
  );
  const first = await client.firstBytes();
  run(`INSERT INTO invoice SELECT 900000, 2; DELETE FROM invoice WHERE id = ${manyRows}`);
  const text = first + (await client.readAll());
  run(`DELETE FROM invoice WHERE id = 900000; INSERT INTO invoice SELECT ${manyRows}, 2`);
  assert.match(text, new RegExp(`\\r\\n${manyRows},`));
  assert.doesNotMatch(text, /\r\n900000,/);
  await noneLeft();
});

test("a client that leaves ends Drizzle's session, between pages and in a query", { skip }, async () => {
  const reading = await connectTo(server.url, get("/exports/invoices.csv?customer=2"));
  await reading.firstBytes();
  reading.socket.destroy();
  await noneLeft();
  // The first query waits for a lock that nobody gives back before the client has left.
  assert.ok(typeof database !== "string");
  const locker = new Client({ connectionString: database.url });
  await locker.connect();
  try {
    await locker.query("BEGIN; LOCK TABLE invoice IN ACCESS EXCLUSIVE MODE");
    const waiting = await connectTo(server.url, get("/exports/invoices.csv?customer=2"));
    await until("the query waits", () => sessions(["relation"]) === 1);
    waiting.socket.destroy();
    await noneLeft();
  } finally {
    await locker.end();
  }
});

test("a session of Drizzle that is lost midway cuts the body, and ends no worker", { skip }, async () => {
  const response = await fetch(`${server.url}/exports/invoices.csv?customer=2`);
  assert.equal(response.status, 200);
  await until("the export waits for its reader", () => sessions(["ClientRead"]) === 1);
  run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'drizzle'");
  await assert.rejects(async () => await response.text(), /terminated/);
  await noneLeft();
  const line = await server.logged(({ state }) => state === "failed");
  assert.match(JSON.stringify(line), /terminating connection|not queryable|Connection terminated/);
  const { workers } = await statsOf(server);
  assert.deepEqual(
    workers.map(({ restarts }) => restarts),
    [0],
  );
});

test("a query of Drizzle that can't begin is a status without the database's words", { skip }, async () => {
  run("REVOKE SELECT ON invoice FROM drizzle");
  const response = await fetch(`${server.url}/exports/invoices.csv?customer=2`);
  run("GRANT SELECT ON invoice TO drizzle");
  assert.ok(response.status >= 500, String(response.status));
  assert.doesNotMatch(await response.text(), /permission denied/);
  await noneLeft();
});
