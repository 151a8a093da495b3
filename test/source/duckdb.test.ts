import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import { parse } from "csv-parse/sync";
import { CsvEncoder, openSource, type Source } from "../../src/index.ts";
import { FileExports } from "../../src/export/file-exports.ts";
import { openSources } from "../../src/source/open-source.ts";
import { resolveDialect } from "../../src/csv/resolve-dialect.ts";
import { timesOpen, untilClosed } from "../harness/open-files.ts";

const flights = "node_modules/vega-datasets/data/flights-3m.parquet";
const unhindered = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), "stream-csv-duckdb-"));
after(() => {
  rmSync(folder, { recursive: true });
});

async function query(sql: string, path = ":memory:"): Promise<readonly (readonly unknown[])[]> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  const result = await connection.run(sql);
  const rows = await result.getRowsJson();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

/** A file in the test's folder. */
function fileOf(name: string, content = ""): string {
  const path = join(mkdtempSync(join(folder, "file-")), name);
  if (content !== "") writeFileSync(path, content);
  return path;
}

/** The cells of a source, null written as `\N`. */
async function cellsOf(source: Source, rows?: number): Promise<string[][]> {
  const dialect = resolveDialect("unix", { nullValue: "\\N", header: false, nonFinite: "text" });
  const encoder = new CsvEncoder(source.columns, dialect);
  const chunks: Uint8Array[] = [];
  for await (const batch of source.read(
    rows === undefined ? { signal: unhindered } : { signal: unhindered, rows },
  ))
    chunks.push(encoder.encode(batch));
  return parse(Buffer.concat(chunks));
}

test("reads three million flights, and what DuckDB itself says of every value of a slice", async () => {
  const source = await openSource(flights);
  assert.equal(source.name, "flights-3m");
  assert.equal(source.kind, "parquet");
  assert.equal(source.rowCount, 3_000_000);
  assert.deepEqual(source.columns, [
    { name: "date", type: "timestamp" },
    { name: "delay", type: "integer" },
    { name: "distance", type: "integer" },
    { name: "origin", type: "text" },
    { name: "destination", type: "text" },
  ]);
  const encoder = new CsvEncoder(source.columns, resolveDialect("unix"));
  const [from, to] = [1_234_000, 1_235_500];
  const slice: Uint8Array[] = [];
  let row = 0;
  for await (const batch of source.read({ signal: unhindered })) {
    const [first, last] = [Math.max(from - row, 0), Math.min(to - row, batch.rowCount)];
    if (first < last) slice.push(encoder.encode(batch, first, last));
    row += batch.rowCount;
  }
  await source.close();
  assert.equal(row, 3_000_000);
  const said = await query(
    `SELECT strftime(date, '%Y-%m-%dT%H:%M:%S.%gZ'), delay::VARCHAR, distance::VARCHAR, origin, destination
     FROM '${flights}' LIMIT ${to - from} OFFSET ${from}`,
  );
  assert.deepEqual(parse(Buffer.concat(slice)), said);
});

test("reads some columns, in another order, and some rows", async () => {
  const source = await openSource(flights);
  const rows: number[] = [];
  for await (const batch of source.read({ signal: unhindered, rows: 3000, columns: [4, 1] })) {
    rows.push(batch.rowCount);
    assert.deepEqual(
      batch.columns.map((vector) => vector.kind),
      ["utf8", "integer"],
    );
  }
  assert.deepEqual(rows, [2048, 952]);
  assert.deepEqual(await cellsOf(source, 0), []);
  await source.close();
});

test("gives file and connection back when it is aborted, at rest and while it reads", async () => {
  const source = await openSource(flights);
  const atRest = new AbortController();
  const iterator = source.read({ signal: atRest.signal })[Symbol.asyncIterator]();
  await iterator.next();
  assert.ok(timesOpen("flights-3m.parquet") > 0);
  atRest.abort(new Error("enough"));
  await untilClosed("flights-3m.parquet");
  await assert.rejects(iterator.next(), /enough/);

  const reading = new AbortController();
  const other = source.read({ signal: reading.signal })[Symbol.asyncIterator]();
  const next = other.next();
  reading.abort(new Error("enough"));
  await assert.rejects(next, /enough/);
  await untilClosed("flights-3m.parquet");
  await source.close();
});

test("leaves nothing open, at whatever moment it is aborted", async () => {
  const source = await openSource(flights);
  await Promise.all(
    Array.from({ length: 24 }, async (_, index) => {
      const controller = new AbortController();
      setTimeout(() => {
        controller.abort(new Error("enough"));
      }, index);
      await assert.rejects(async () => {
        for await (const batch of source.read({ signal: controller.signal })) assert.ok(batch.rowCount > 0);
      }, /enough/);
    }),
  );
  await untilClosed("flights-3m.parquet");
  await source.close();
});

test("a file that is gone when it is read is a fault with its name", async () => {
  const path = fileOf("gone.parquet");
  copyFileSync(flights, path);
  const source = await openSource(path);
  rmSync(path);
  await assert.rejects(
    async () => {
      for await (const batch of source.read({ signal: unhindered })) assert.ok(batch.rowCount > 0);
    },
    { code: "SCSV_SOURCE_NOT_FOUND", message: /gone\.parquet/ },
  );
  await source.close();
});

test("gives file and connection back when it is returned, and when its source is closed", async () => {
  const source = await openSource(flights);
  for await (const batch of source.read({ signal: unhindered })) if (batch.rowCount > 0) break;
  assert.equal(timesOpen("flights-3m.parquet"), 0);

  const iterator = source.read({ signal: unhindered })[Symbol.asyncIterator]();
  await iterator.next();
  await source.close();
  await source.close();
  await assert.rejects(iterator.next(), { code: "SCSV_CANCELLED" });
  await untilClosed("flights-3m.parquet");
});

test("a Parquet file with damaged pages is a fault", async () => {
  const path = fileOf("pages.parquet");
  const bytes = readFileSync(flights);
  bytes.fill(0xa5, 9_000_000, 9_200_000);
  writeFileSync(path, bytes);
  const source = await openSource(path);
  let rows = 0;
  await assert.rejects(
    async () => {
      for await (const batch of source.read({ signal: unhindered })) rows += batch.rowCount;
    },
    { code: "SCSV_SOURCE_UNREADABLE" },
  );
  assert.ok(rows < 3_000_000);
  await source.close();
});

test("a .duckdb file gives one source a table, without being written to", async () => {
  const path = fileOf("shop.duckdb");
  await query(
    `CREATE TABLE "Orders" AS FROM range(5000) t(id); CREATE TABLE items (name VARCHAR); CREATE SCHEMA s; CREATE TABLE s.x (y INT)`,
    path,
  );
  const before = readFileSync(path);
  const sources = await openSources(path);
  const named = new Map(sources.map((source) => [source.name, source]));
  assert.deepEqual([...named.keys()].toSorted(), ["shop.Orders", "shop.items", "shop.s.x"]);
  const orders = named.get("shop.Orders");
  assert.ok(orders !== undefined);
  assert.equal(orders.rowCount, 5000);
  assert.equal((await cellsOf(orders)).at(-1)?.[0], "4999");
  await Promise.all(sources.map((source) => source.close()));
  assert.deepEqual(readFileSync(path), before);

  await assert.rejects(openSource(path), /several tables: Orders, items, s\.x\./);
  const items = await openSource(path, { table: "items" });
  assert.equal(items.name, "shop.items");
  await items.close();
  await assert.rejects(openSource(path, { table: "nothing" }), /no table or view "nothing"; it has Orders/);
});

test("a path is a path, whatever characters it has, and its folders add no columns", async () => {
  const path = join(mkdtempSync(join(folder, "year=2020-")), "it's [1]*?.csv");
  writeFileSync(path, "a\n1\n2\n");
  const source = await openSource(path);
  assert.equal(source.name, "it's [1]*?");
  assert.deepEqual(
    source.columns.map((column) => column.name),
    ["a"],
  );
  assert.deepEqual(await cellsOf(source), [["1"], ["2"]]);
  await source.close();
});

test("a source keeps the version of the file it was opened in, and is read in no other", async () => {
  const path = fileOf("copy.parquet");
  copyFileSync(flights, path);
  const source = await openSource(path);
  const { version } = source;
  await sleep(20);
  copyFileSync(flights, path);
  assert.equal(source.version, version);
  await assert.rejects(cellsOf(source), { code: "SCSV_SOURCE_CHANGED" });
  const anew = await openSource(path);
  assert.notEqual(anew.version, version);
  await anew.close();
  rmSync(path);
  await assert.rejects(cellsOf(source), { code: "SCSV_SOURCE_NOT_FOUND" });
  await source.close();
});

test("commits that a writer left in the log of a .duckdb file are a new version of it", async () => {
  const path = fileOf("log.duckdb");
  const exports = new FileExports({ path });
  const rows = async (): Promise<number | null | undefined> => (await exports.current()).get("log.t")?.rows;
  await query("CREATE TABLE t AS SELECT 1 AS n", path);
  assert.equal(await rows(), 1);
  // Until nobody has it open.
  await exports.close();
  // As after a writer that was killed.
  await query("PRAGMA disable_checkpoint_on_shutdown; INSERT INTO t VALUES (2)", path);
  assert.equal(await rows(), 2);
  const source = await openSource(path);
  assert.deepEqual(await cellsOf(source), [["1"], ["2"]]);
  rmSync(`${path}.wal`);
  await assert.rejects(cellsOf(source), { code: "SCSV_SOURCE_CHANGED" });
  assert.equal(await rows(), 1);
  await source.close();
  await exports.close();
});

test("says what is wrong with a file that can't be opened", async () => {
  await assert.rejects(openSource("nowhere/x.parquet"), {
    code: "SCSV_SOURCE_NOT_FOUND",
    message: /"nowhere\/x\.parquet".*no such file/i,
  });
  await assert.rejects(openSource("package.toml"), {
    code: "SCSV_SOURCE_UNSUPPORTED",
    message: '"package.toml" is not a file type that can be read.',
    hint: /\.parquet, \.csv/,
  });
  const parts = join(folder, "parts.parquet");
  mkdirSync(parts);
  await assert.rejects(openSource(parts), {
    code: "SCSV_SOURCE_NOT_FOUND",
    message: `${JSON.stringify(parts)} is a folder, not a file.`,
    hint: /^Name a file in it.* as one file first\.$/,
  });
  for (const name of ["no.parquet", "no.duckdb"]) {
    const path = fileOf(name, "this is none\n");
    await assert.rejects(openSource(path), (error: Error & { code?: string }) => {
      assert.equal(error.code, "SCSV_SOURCE_UNREADABLE");
      assert.ok(error.message.includes(path) && error.cause instanceof Error);
      return true;
    });
  }
  await assert.rejects(openSource(fileOf("empty.parquet", " ")), { code: "SCSV_SOURCE_UNREADABLE" });
});

test("says what to install when DuckDB is absent", async () => {
  const importer = (): Promise<never> =>
    Promise.reject(Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" }));
  await assert.rejects(openSource(flights, { importer }), {
    code: "SCSV_DUCKDB_MISSING",
    message: /npm install @duckdb\/node-api/,
  });
});
