import assert from "node:assert/strict";
import { readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as duckdb from "@duckdb/node-api";
import { StreamCsvError, openSource, type Source } from "../../src/index.ts";
import { columnReader } from "../../src/source/duckdb/column-reader.ts";
import { duckDBSource } from "../../src/source/duckdb/duckdb-source.ts";
import { fileVersion } from "../../src/source/guarded-file.ts";
import { cellsOf, runSql, testFolder, textOf, writeParquet } from "./duckdb-files.ts";

const folder = testFolder("changes");

/** A value of each type; texts so long that DuckDB keeps their address, and numbers that could be taken for one. */
const types: Readonly<Record<string, string>> = {
  TINYINT: "7",
  INTEGER: "i",
  BIGINT: "i * 4294967297",
  DOUBLE: "i / 3",
  FLOAT: "i / 3",
  BOOLEAN: "i % 2 = 0",
  DATE: "DATE '2020-01-01' + i::INTEGER",
  TIMESTAMP: "TIMESTAMP '2020-01-01' + INTERVAL 1 DAY",
  VARCHAR: "'a text that is longer than twelve bytes ' || i",
  BLOB: "encode('bytes that are longer than twelve ' || i)",
  "DECIMAL(4,2)": "i / 100",
  "DECIMAL(18,4)": "i / 100",
  "DECIMAL(38,0)": "(1094795585::HUGEINT * 18446744073709551616 + 100)",
  UUID: "uuid()",
  "INTEGER[]": "[i, NULL]",
  "STRUCT(a INTEGER)": "{'a': i}",
  "MAP(VARCHAR, INTEGER)": "MAP {'k': i}",
};

async function writeTyped(path: string, type: string): Promise<void> {
  await writeParquet(path, `SELECT (${types[type]})::${type} AS v FROM range(3000) t(i)`);
}

test("a file replaced by one of other types is never read as the old types", async () => {
  const names = Object.keys(types);
  const served = join(folder, "served.parquet");
  for (const [index, type] of names.entries()) {
    await writeTyped(served, type);
    const source = await openSource(served);
    await writeTyped(join(folder, "next.parquet"), names[(index + 1) % names.length] ?? "");
    renameSync(join(folder, "next.parquet"), served);
    await assert.rejects(textOf(source), { code: "SCSV_SOURCE_CHANGED" }, type);
    await source.close();
  }
});

async function typeOf(type: string): Promise<duckdb.DuckDBType | undefined> {
  const instance = await duckdb.DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const [found] = (await connection.run(`SELECT NULL::${type}`)).columnTypes();
  connection.closeSync();
  instance.closeSync();
  return found;
}

test("readers for other types than a result has are a fault before a value is read, for every pair of types", async () => {
  const names = Object.keys(types);
  const readers = await Promise.all(
    names.map(async (name) => {
      const type = await typeOf(name);
      assert.ok(type !== undefined);
      return columnReader(duckdb, type);
    }),
  );
  for (const [to, type] of names.entries()) {
    const path = join(folder, `${to}.parquet`);
    await writeTyped(path, type);
    const state = { path, version: await fileVersion(path), isAttached: false };
    for (const [from, reader] of readers.entries()) {
      // As if the file's version had not changed.
      const forged = duckDBSource(duckdb, {
        name: "forged",
        kind: "parquet",
        state,
        from: `read_parquet('${path}')`,
        columns: [{ name: "v", reader }],
        rowCount: null,
      });
      const what = `${names[from]} for ${type}`;
      // A reader that has DuckDB write its values as text takes any type.
      if (from === to) assert.ok((await textOf(forged)).length > 0, what);
      else if (/^(?:text|uuid)$/.test(reader.type) && reader.select("x") !== "x") await textOf(forged);
      else
        await assert.rejects(textOf(forged), { code: "SCSV_SOURCE_CHANGED", message: /other types/ }, what);
      await forged.close();
    }
  }
});

/** Runs something once the first batch is there, and gives how many rows came, or the fault. */
async function readWhile(source: Source, change: () => void): Promise<number | string> {
  let rows = 0;
  try {
    for await (const batch of source.read({ signal: new AbortController().signal })) {
      if (rows === 0) change();
      rows += batch.rowCount;
    }
    return rows;
  } catch (error) {
    assert.ok(error instanceof StreamCsvError);
    return error.code;
  }
}

const rowCount = 300_000;

test("a file that is replaced by a rename while it is read stays whole", async () => {
  const path = join(folder, "renamed.parquet");
  const next = join(folder, "renamed-next.parquet");
  await writeParquet(path, `SELECT i, 'old' AS s FROM range(${rowCount}) t(i)`);
  await writeParquet(next, `SELECT i, 'new' AS s FROM range(${rowCount + 5}) t(i)`);
  const source = await openSource(path);
  const outcome = await readWhile(source, () => {
    renameSync(next, path);
  });
  assert.equal(outcome, rowCount);
  await assert.rejects(textOf(source), { code: "SCSV_SOURCE_CHANGED" });
  await source.close();
  const anew = await openSource(path);
  assert.equal(anew.rowCount, rowCount + 5);
  await anew.close();
});

test("a file that is written to in place while it is read never comes to a clean end", async () => {
  const path = join(folder, "in-place.parquet");
  const other = join(folder, "in-place-other.parquet");
  await writeParquet(other, `SELECT i + 1 AS i, 'new' AS s FROM range(${rowCount}) t(i)`);
  const changes: Readonly<Record<string, () => void>> = {
    "overwritten by a file of the same shape": () => {
      writeFileSync(path, readFileSync(other));
    },
    truncated: () => {
      truncateSync(path, 1000);
    },
    "appended to": () => {
      writeFileSync(path, "x", { flag: "a" });
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    await writeParquet(path, `SELECT i, 'old' AS s FROM range(${rowCount}) t(i)`);
    const source = await openSource(path);
    assert.equal(await readWhile(source, change), "SCSV_SOURCE_CHANGED", what);
    await source.close();
  }
});

test("a database that is replaced by a rename is attached anew, and old rows are given whole or not at all", async () => {
  const path = join(folder, "base.duckdb");
  const next = join(folder, "next.duckdb");
  await runSql(`CREATE TABLE t AS SELECT i, 'old' AS s FROM range(${rowCount}) r(i)`, path);
  await runSql(`CREATE TABLE t AS SELECT 'new' AS s FROM range(7) r(i)`, next);
  const source = await openSource(path);
  assert.equal(
    await readWhile(source, () => {
      renameSync(next, path);
    }),
    rowCount,
  );
  await assert.rejects(textOf(source), { code: "SCSV_SOURCE_CHANGED" });
  const anew = await openSource(path);
  assert.deepEqual(
    await cellsOf(anew),
    Array.from({ length: 7 }, () => ["new"]),
  );
  await anew.close();
  await source.close();
});

test("a database that another is written over in place harms only itself", async () => {
  const path = join(folder, "over.duckdb");
  const other = join(folder, "other.duckdb");
  const good = join(folder, "good.parquet");
  await runSql(`CREATE TABLE big AS SELECT i, 'v' || i AS s FROM range(${rowCount}) r(i)`, path);
  await runSql(`CREATE TABLE big AS SELECT i, i * 2 AS s FROM range(100) r(i)`, other);
  await writeParquet(good, "SELECT 1 AS a");
  const [source, neighbor] = [await openSource(path), await openSource(good)];
  const outcome = await readWhile(source, () => {
    writeFileSync(path, readFileSync(other));
  });
  assert.ok(outcome === "SCSV_SOURCE_CHANGED", String(outcome));
  await assert.rejects(textOf(source), { code: "SCSV_SOURCE_CHANGED" });
  assert.equal(await textOf(neighbor), "1\n");
  const anew = await openSource(path);
  assert.equal(anew.rowCount, 100);
  assert.deepEqual((await cellsOf(anew)).at(-1), ["99", "198"]);
  for (const one of [source, neighbor, anew]) await one.close();
});
