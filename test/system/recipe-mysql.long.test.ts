// Long because one database is started for all that its recipe promises.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { eq } from "drizzle-orm";
import { bigint, decimal, int, mysqlTable, QueryBuilder } from "drizzle-orm/mysql-core";
import { startMariadb } from "../../dev/mariadb-server.ts";
import { endedTransfersOf, statsOf } from "../harness/ask.ts";
import { endWithUs } from "../harness/children.ts";
import { runCli, startServe, type ServeProcess } from "../harness/cli.ts";
import { liveMemory } from "../harness/live-memory.ts";
import { writePageFiles, type WrittenFiles } from "../harness/page-files.ts";
import { connectTo, get } from "../harness/raw-client.ts";

const database = await startMariadb();
const skip = typeof database === "string" ? database : false;

type MysqlRows = (
  sql: string,
  values: readonly unknown[],
  signal: AbortSignal,
) => AsyncGenerator<Readonly<Record<string, unknown>>>;

const manyRows = 200_000;
const tables = `
SET NAMES utf8mb4;
CREATE TABLE test.invoice (customer_id int, id bigint, total decimal(30,10), issued_on date, changed_at datetime(6), memo text, scan blob,
  PRIMARY KEY (customer_id, id));
INSERT INTO test.invoice VALUES
  (1, -1, -0.05, '1969-12-31', '1969-12-31 23:59:59.000001', 'a "b", c', x'00ff'),
  (1, 7, 12345678901234567890.1234567890, '2026-11-28', '2026-11-28 14:05:09.123456', 'Zürich 🚆', ''),
  (1, 9007199254740993, NULL, NULL, NULL, NULL, NULL);
INSERT INTO test.invoice SELECT 2, seq, seq, NULL, NULL, repeat('x', 100), NULL FROM test.seq_1_to_${manyRows};`;

const exactText = [
  "id,total,issued_on,changed_at,memo,scan",
  '-1,-0.0500000000,1969-12-31,1969-12-31 23:59:59.000001,"a ""b"", c",\\x00ff',
  "7,12345678901234567890.1234567890,2026-11-28,2026-11-28 14:05:09.123456,Zürich 🚆,\\x",
  "9007199254740993,,,,,",
  "",
].join("\r\n");

let files: WrittenFiles;
let mysqlRows: MysqlRows;
let server: ServeProcess;
let express: { readonly url: string; stop(): Promise<void> };

before(async () => {
  if (typeof database === "string") return;
  database.run(tables);
  files = await writePageFiles("mysql");
  process.env["MYSQL_URL"] = database.url;
  ({ mysqlRows } = (await import(pathToFileURL(`${files.path}/mysql-rows.mjs`).href)) as {
    mysqlRows: MysqlRows;
  });
  server = await startServe([], { cwd: files.path });
  express = await startExpress();
});

after(async () => {
  if (typeof database === "string") return;
  await server[Symbol.asyncDispose]();
  await express.stop();
  database.stop();
  await files[Symbol.asyncDispose]();
});

async function startExpress(): Promise<typeof express> {
  const child = spawn(process.execPath, ["server.mjs"], {
    cwd: files.path,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  endWithUs(child);
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const ended = once(child, "exit");
  return {
    url: line.toString().trim(),
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

/** The connections of exports that the database has now, and what they do. */
function connections(): readonly (readonly string[])[] {
  if (typeof database === "string") return [];
  const text = database.run(
    "SELECT id, command, coalesce(state, '') FROM information_schema.processlist WHERE user = 'test'",
  );
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));
}

async function connectionsWhen(isSo: (list: ReturnType<typeof connections>) => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; ; await sleep(20)) {
    const list = connections();
    if (isSo(list)) return;
    if (Date.now() > end) assert.fail(`the connections are still ${JSON.stringify(list)}`);
  }
}

const noneLeft = (): Promise<void> => connectionsWhen((list) => list.length === 0);
/** The database waits until somebody takes what it has written. */
const oneWaits = (): Promise<void> =>
  connectionsWhen((list) => list.some(([, , state]) => state === "Writing to net"));

test("a module of MySQL's rows serves exact values", { skip }, async () => {
  const response = await fetch(`${server.url}/exports/invoices.csv?customer=1`);
  assert.equal(await response.text(), exactText);
  await noneLeft();
});

test("a module of MySQL's rows lets the command end", { skip }, async () => {
  const { stdout, stderr, exitCode } = await runCli(["export", "invoices", "--param", "customer=1"], {
    cwd: files.path,
  });
  assert.equal(exitCode, 0, stderr);
  assert.equal(stdout, exactText);
});

test("MySQL's rows in Express are exact and have all rows", { skip }, async () => {
  const few = await fetch(`${express.url}/invoices.csv?customer=1`);
  assert.equal(
    await few.text(),
    'id,total,memo\r\n-1,-0.0500000000,"a ""b"", c"\r\n7,12345678901234567890.1234567890,Zürich 🚆\r\n9007199254740993,,\r\n',
  );
  const many = await fetch(`${express.url}/invoices.csv?customer=2`);
  assert.equal((await many.text()).split("\r\n").length, manyRows + 2);
  await noneLeft();
});

for (const name of ["a module", "Express"]) {
  const urlOf = (): string =>
    name === "Express" ? `${express.url}/invoices.csv?` : `${server.url}/exports/invoices.csv?`;

  test(`${name}: a client that leaves ends the query in MariaDB`, { skip }, async () => {
    const { pathname, origin } = new URL(urlOf());
    const client = await connectTo(origin, get(`${pathname}?customer=2`));
    await client.firstBytes();
    await oneWaits();
    client.socket.destroy();
    await noneLeft();
  });

  for (const [kill, fault] of [
    ["KILL QUERY", "a query that fails"],
    ["KILL CONNECTION", "a connection that is lost"],
  ])
    test(`${name}: ${fault} midway cuts the body`, { skip }, async () => {
      const response = await fetch(`${urlOf()}customer=2`);
      assert.equal(response.status, 200);
      await oneWaits();
      const [id] = connections()[0] ?? [];
      if (typeof database !== "string") database.run(`${kill} ${id}`);
      await assert.rejects(async () => await response.text(), /terminated/);
      await noneLeft();
    });

  test(`${name}: a query that can't begin is a status`, { skip }, async () => {
    if (typeof database === "string") return;
    database.run("RENAME TABLE test.invoice TO test.away");
    const response = await fetch(`${urlOf()}customer=2`);
    database.run("RENAME TABLE test.away TO test.invoice");
    assert.ok(response.status >= 500, String(response.status));
    assert.doesNotMatch(await response.text(), /away|test\.invoice/);
    await noneLeft();
  });
}

test(
  "faults of MySQL's rows end no worker, and only the log has the database's words",
  { skip },
  async () => {
    const { workers } = await statsOf(server);
    assert.deepEqual(
      workers.map(({ restarts }) => restarts),
      workers.map(() => 0),
    );
    // Nothing of the database is told to those who ask, but all of it is in the log.
    const told = JSON.stringify(await endedTransfersOf(server));
    for (const words of [/Query execution was interrupted/, /Connection lost/, /test\.invoice/]) {
      assert.doesNotMatch(told, words);
      await server.logged((line) => line["state"] === "failed" && words.test(JSON.stringify(line)));
    }
  },
);

test("MySQL's rows take the SQL of a query of Drizzle", { skip }, async () => {
  const invoice = mysqlTable("invoice", {
    id: bigint({ mode: "bigint" }),
    customerId: int("customer_id"),
    total: decimal({ precision: 30, scale: 10 }),
  });
  const query = new QueryBuilder()
    .select()
    .from(invoice)
    .where(eq(invoice.customerId, 1))
    .orderBy(invoice.id);
  const { sql, params } = query.toSQL();
  assert.deepEqual(params, [1]);
  const found = [];
  for await (const row of mysqlRows(sql, params, new AbortController().signal)) found.push(row);
  // mysql2 gives text for integers beyond 2 ** 53.
  assert.deepEqual(
    found.map(({ id, customer_id, total }) => [String(id), customer_id, total]),
    [
      ["-1", 1, "-0.0500000000"],
      ["7", 1, "12345678901234567890.1234567890"],
      ["9007199254740993", 1, null],
    ],
  );
  await noneLeft();
});

test("MySQL's rows have JSON as the database writes it", { skip }, async () => {
  if (typeof database === "string") return;
  const values = ['{"price":1.50,"id":12345678901234567890}', "[1e2, null]", '"text"', "1.0"];
  database.run(`CREATE TABLE test.document (n int, value json);
    INSERT INTO test.document VALUES ${values.map((value, n) => `(${n}, '${value}')`).join(", ")}`);
  const found = [];
  for await (const { value } of mysqlRows(
    "SELECT value FROM document ORDER BY n",
    [],
    new AbortController().signal,
  ))
    found.push(value);
  assert.deepEqual(found, values);
  await noneLeft();
});

test("MySQL's rows ask for nothing before the first is taken", { skip }, async () => {
  const rows = mysqlRows("SELECT 1 AS one", [], new AbortController().signal);
  await sleep(50);
  assert.deepEqual(connections(), []);
  await rows.return(undefined);
  assert.deepEqual(connections(), []);
});

test("MySQL's rows hold no more memory after many rows than after few", { skip }, async () => {
  const sql = "SELECT seq, repeat('x', 500) AS text FROM seq_1_to_300000";
  let count = 0;
  let heldBefore = 0;
  for await (const { seq } of mysqlRows(sql, [], new AbortController().signal)) {
    count += 1;
    assert.equal(seq, count);
    if (count % 100_000 !== 1000) continue;
    const { heapUsed, arrayBuffers } = await liveMemory();
    const held = heapUsed + arrayBuffers;
    if (heldBefore === 0) heldBefore = held;
    // All the rows are 150 MB.
    assert.ok(held - heldBefore < 8 << 20, `${held - heldBefore} bytes more`);
  }
  assert.equal(count, 300_000);
  await noneLeft();
});

test("MySQL's rows that nobody takes wait in the database", { skip }, async () => {
  const rows = mysqlRows("SELECT * FROM invoice WHERE customer_id = ?", [2], new AbortController().signal);
  await rows.next();
  await oneWaits();
  await rows.return(undefined);
  await noneLeft();
});

test("MariaDB waits for a reader that stalls for longer than its own limit", { skip }, async () => {
  if (typeof database === "string") return;
  database.run("SET GLOBAL net_write_timeout = 1");
  let count = 0;
  for await (const _ of mysqlRows(
    "SELECT * FROM invoice WHERE customer_id = ?",
    [2],
    new AbortController().signal,
  )) {
    count += 1;
    if (count === 1) await sleep(3000);
  }
  assert.equal(count, manyRows);
  await noneLeft();
});

test("an abort ends a query that sorts and has no row yet", { skip }, async () => {
  const abort = new AbortController();
  const rows = mysqlRows("SELECT seq FROM seq_1_to_100000000 ORDER BY md5(seq)", [], abort.signal);
  const first = rows.next();
  await connectionsWhen((list) => list.some(([, command]) => command === "Query"));
  abort.abort(new Error("enough"));
  await assert.rejects(first, { name: "AbortError" });
  await noneLeft();
});

test("rows of a MySQL that isn't there fail with the driver's words", { skip }, async () => {
  const { stderr, exitCode } = await runCli(["export", "invoices", "--param", "customer=1"], {
    cwd: files.path,
    env: { MYSQL_URL: "mysql://test:not-to-be-seen@127.0.0.1:1/test" },
  });
  assert.notEqual(exitCode, 0);
  assert.match(stderr, /ECONNREFUSED/);
  assert.doesNotMatch(stderr, /not-to-be-seen/);
});
