import { after } from "node:test";
import { openSource, rowsSource, type Row } from "../../src/index.ts";
import { generatedSource } from "../../src/source/synthetic/generated-source.ts";
import type { PostgresDatabase } from "../../src/source/postgres/database.ts";
import { timesOpen } from "../harness/open-files.ts";
import { openModule } from "./contract-module.ts";
import { writeParquet } from "./contract-parquet.ts";
import { openDatabase, skip as noPostgres, sourceOf, started } from "./postgres/postgres-source.ts";
import { contractRows, testSourceContract } from "./source-contract.ts";
import {
  makeDatabase,
  skip as noSqlite,
  sqlSource,
  testFolder,
  timesOpenInReaders,
} from "./sqlite/sqlite-file.ts";

const folder = testFolder();
let database: PostgresDatabase | undefined;
after(async () => {
  await database?.close();
  folder.remove();
  if (typeof started !== "string") started.stop();
});

const largeCount = 200_000;
const series = `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${largeCount})`;

testSourceContract("rows of user code", false, async () => {
  let open = 0;
  async function* counted(rows: () => Iterable<Row>): AsyncGenerator<Row> {
    open += 1;
    try {
      yield* rows();
    } finally {
      open -= 1;
    }
  }
  function* many(fails = false): Generator<Row> {
    for (let id = 1; id <= largeCount; id += 1) yield { id };
    if (fails) throw new Error("the table is gone");
  }
  return await Promise.resolve({
    small: rowsSource(() => counted(() => contractRows), { columns: ["id", "name", "note"] }),
    large: rowsSource(() => counted(many), { columns: ["id"] }),
    failing: rowsSource(() => counted(() => many(true)), { columns: ["id"] }),
    held: () => open,
  });
});

testSourceContract(
  "rows of a configuration module",
  false,
  async () => await openModule(folder.path("rows.config.mjs"), largeCount),
);

testSourceContract("generated rows", false, async () => ({
  large: await Promise.resolve(generatedSource("orders", { rows: largeCount })),
  held: () => 0,
}));

testSourceContract("DuckDB", false, async () => {
  const { small, large } = await writeParquet(folder, largeCount);
  return {
    small: await openSource(small),
    large: await openSource(large),
    held: () => timesOpen(large) + timesOpen(small),
  };
});

testSourceContract("SQLite", noSqlite, async () => {
  const values = contractRows.map(
    ({ id, name, note }) => `(${id}, '${name}', ${note === null ? "NULL" : `'${note}'`})`,
  );
  const small = makeDatabase(
    folder.path("small.sqlite"),
    `CREATE TABLE t (id INTEGER, name TEXT, note TEXT); INSERT INTO t VALUES ${values.join(", ")}`,
  );
  const large = makeDatabase(
    folder.path("large.sqlite"),
    `CREATE TABLE t (id INTEGER, s TEXT); ${series} INSERT INTO t SELECT n, 'some text' FROM c`,
  );
  return {
    small: await openSource(small),
    large: await openSource(large),
    failing: await sqlSource(
      large,
      `SELECT CASE id WHEN ${largeCount} THEN abs(-9223372036854775807 - 1) ELSE id END AS id FROM t`,
    ),
    held: () => timesOpenInReaders(small) + timesOpenInReaders(large),
  };
});

testSourceContract("PostgreSQL", noPostgres, async () => {
  database = await openDatabase();
  const opened = database;
  const values = contractRows.map(
    ({ id, name, note }) => `(${id}::int8, '${name}', ${note === null ? "NULL" : `'${note}'`})`,
  );
  return {
    small: await sourceOf(opened, `SELECT * FROM (VALUES ${values.join(", ")}) AS t (id, name, note)`),
    large: await sourceOf(opened, `SELECT generate_series(1, ${largeCount}) AS id, 'some text' AS s`),
    failing: await sourceOf(
      opened,
      `SELECT 10 / (${largeCount} - g) AS n FROM generate_series(1, ${largeCount}) AS g`,
    ),
    held: () => opened.usage.busyConnections,
  };
});
