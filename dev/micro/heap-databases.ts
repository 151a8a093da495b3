/**
 * Measures how much JavaScript heap an export of a table allocates for each row: our exports of PostgreSQL and SQLite, and
 * the usual drivers into csv-stringify, which make a string for every cell. The table has the rows of the generated export
 * `orders`. Of SQLite only this process counts; its rows are read in another one.
 *
 * A large young generation keeps collections away from most samples.
 *
 *     node --max-semi-space-size=64 dist/dev/micro/heap-databases.js [rows]
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import Database from "better-sqlite3";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify";
import { Client } from "pg";
import QueryStream from "pg-query-stream";
import { systemClock } from "../../src/clock.ts";
import { csvChunks, openSource, type Source } from "../../src/index.ts";
import { PostgresDatabase } from "../../src/source/postgres/database.ts";
import { describeQuery } from "../../src/source/postgres/query.ts";
import { startOrdersTable } from "../peers/postgres/orders-table.ts";
import { growthLine, heapGrowth } from "./heap-growth.ts";

const rows = Number(process.argv[2] ?? 300_000);
const folder = mkdtempSync(join(tmpdir(), "stream-csv-heap-"));
// The database's user reads the file that fills its table.
chmodSync(folder, 0o755);
const { signal } = new AbortController();
const server = await startOrdersTable({ rows, folder, signal });
const database = await PostgresDatabase.open({ url: server.url }, systemClock);
const sqlitePath = join(folder, "orders.sqlite");

/** The same rows in a table of SQLite. */
function fillSqlite(): Database.Database {
  const made = new Database(sqlitePath);
  made.exec(
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, email TEXT, quantity INTEGER, price DECIMAL(10,2), paid INTEGER, created_at TEXT, note TEXT, status TEXT, region TEXT)",
  );
  const text = server.run(
    "COPY (SELECT id, customer, email, quantity, price, paid::int, created_at, note, status, region FROM orders) TO STDOUT (FORMAT csv)",
  );
  const insert = made.prepare(
    `INSERT INTO orders VALUES (${Array.from({ length: 10 }, () => "?").join(", ")})`,
  );
  made.transaction((records: readonly (readonly string[])[]) => {
    for (const record of records) insert.run(...record);
  })(parse(text));
  return made;
}

async function postgresSource(): Promise<Source> {
  const settings = { name: "orders", sql: "TABLE orders", parameterTypes: new Map() };
  const query = await describeQuery(database, settings, signal);
  return query.bind({ values: new Map(), version: "" });
}

async function tell(name: string, body: AsyncIterable<unknown>): Promise<void> {
  process.stdout.write(growthLine(name, await heapGrowth(body, rows)));
}

try {
  await tell("PostgreSQL, ours", csvChunks(await postgresSource()));
  await tell(
    "PostgreSQL, ours, dialect postgres",
    csvChunks(await postgresSource(), { dialect: "postgres" }),
  );
  const client = new Client({ connectionString: server.url });
  await client.connect();
  const objects = client.query(new QueryStream("SELECT * FROM orders"));
  await tell("PostgreSQL, pg-query-stream, csv-stringify", objects.pipe(stringify({ header: true })));
  await client.end();

  const sqlite = fillSqlite();
  const source = await openSource(sqlitePath);
  await tell("SQLite, ours", csvChunks(source));
  await source.close();
  const cells = sqlite.prepare("SELECT * FROM orders").raw(true).safeIntegers(true).iterate();
  await tell(
    "SQLite, better-sqlite3, csv-stringify",
    Readable.from(cells).pipe(stringify({ cast: { bigint: String } })),
  );
  sqlite.close();
} finally {
  await database.close();
  server.stop();
  rmSync(folder, { recursive: true });
}
