import { after } from "node:test";
import { openSource, rowsSource, type Row, type Source } from "../../src/index.ts";
import { generatedSource } from "../../src/source/synthetic/generated-source.ts";
import type { PostgresDatabase } from "../../src/source/postgres/database.ts";
import { timesOpen } from "../harness/open-files.ts";
import { openModule } from "./contract-module.ts";
import { writeParquet } from "./contract-parquet.ts";
import {
  openDatabase,
  server,
  skip as noPostgres,
  sourceOf,
  stopServer,
} from "./postgres/postgres-source.ts";
import { contractRows, testSourceContract } from "./source-contract.ts";
import {
  bytesReadByReaders,
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
  stopServer();
});

const largeCount = 200_000;
const series = `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${largeCount})`;
/** What the buffers of two sockets on loopback may hold, by the kernel's limits, and more. */
const mostBytesInSockets = 16 * 1024 ** 2;
/** What the buffers between two processes hold, and what a process reads to start. */
const mostBytesInPipes = 2 * 1024 ** 2;

testSourceContract("rows of user code", false, async () => {
  let open = 0;
  let given = 0;
  async function* counted(rows: () => Iterable<Row>): AsyncGenerator<Row> {
    open += 1;
    given = 0;
    try {
      for (const row of rows()) {
        given += 1;
        yield row;
      }
    } finally {
      open -= 1;
    }
  }
  function* many(count: number): Generator<Row> {
    for (let id = 1; id <= count; id += 1) yield { id };
  }
  function* broken(): Generator<Row> {
    yield* many(10_000);
    throw new Error("the table is gone");
  }
  const large = rowsSource(() => counted(() => many(largeCount)), { columns: ["id"] });
  return await Promise.resolve({
    small: rowsSource(() => counted(() => contractRows), { columns: ["id", "name", "note"] }),
    large,
    counted: { source: large, mostRowsAhead: 512, given: () => given },
    failing: rowsSource(() => counted(broken), { columns: ["id"] }),
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
  const rowBytes = 1000;
  const wide = makeDatabase(
    folder.path("wide.sqlite"),
    `CREATE TABLE t (s TEXT); ${series} INSERT INTO t SELECT printf('%.*c', ${rowBytes}, 'x') FROM c LIMIT 20000`,
  );
  let bytesReadBefore = 0;
  return {
    small: await openSource(small),
    large: await openSource(large),
    failing: await sqlSource(
      large,
      `SELECT CASE id WHEN ${largeCount} THEN abs(-9223372036854775807 - 1) ELSE id END AS id FROM t`,
    ),
    counted: {
      source: onRead(await openSource(wide), () => (bytesReadBefore = bytesReadByReaders())),
      mostRowsAhead: mostBytesInPipes / rowBytes,
      given: () => (bytesReadByReaders() - bytesReadBefore) / rowBytes,
    },
    held: () => timesOpenInReaders(small) + timesOpenInReaders(large) + timesOpenInReaders(wide),
  };
});

testSourceContract("PostgreSQL", noPostgres, async () => {
  database = await openDatabase();
  const opened = database;
  const rowBytes = 100_000;
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
    counted: {
      // Each row that the backend computes takes a lock, which everybody can see. A transaction that only reads may do so.
      source: await sourceOf(
        opened,
        `SELECT repeat('x', ${rowBytes}) AS s FROM generate_series(1, 1000) AS g
        WHERE pg_try_advisory_xact_lock_shared(g)`,
      ),
      mostRowsAhead: mostBytesInSockets / rowBytes,
      given: () =>
        Number(server().run("COPY (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') TO STDOUT")),
    },
    held: () => opened.usage.busyConnections,
  };
});

/** The source, which says when a reading of it begins. */
function onRead(source: Source, begun: () => void): Source {
  return {
    ...source,
    read: (options) => {
      begun();
      return source.read(options);
    },
  };
}
