import assert from "node:assert/strict";
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import * as duckdb from "@duckdb/node-api";
import { openSource } from "../../src/index.ts";
import { FileDatabases } from "../../src/source/duckdb/file-databases.ts";
import { MemoryBudget } from "../../src/source/duckdb/memory-budget.ts";
import { fileVersion } from "../../src/source/guarded-file.ts";
import { runSql, testFolder, textOf, writeParquet } from "./duckdb-files.ts";
import { timesOpen } from "../harness/open-files.ts";

const folder = testFolder("databases");
const MiB = 1024 * 1024;

async function stateOf(name: string): Promise<Parameters<FileDatabases["lease"]>[0]> {
  const path = join(folder, name);
  await writeParquet(path, "SELECT 1 AS a");
  return { path, version: await fileVersion(path), isAttached: false };
}

test("readings of one state share a database, and one that met a fault is lent to nobody any more", async () => {
  const databases = new FileDatabases(duckdb, new MemoryBudget(64 * MiB));
  const state = await stateOf("shared.parquet");
  const [first, second] = await Promise.all([
    databases.lease(state, "shared", MiB),
    databases.lease(state, "shared", MiB),
  ]);
  assert.equal(first.instance, second.instance);
  first.retire();
  const third = await databases.lease(state, "shared", MiB);
  assert.notEqual(third.instance, first.instance);
  assert.equal(databases.openCount, 2);
  await Promise.all([first, second, third].map((lease) => lease.release()));
  assert.equal(databases.openCount, 1);
  await databases.closeIdle(state);
  assert.equal(databases.openCount, 0);
});

test("databases that nobody uses are few, and closed after a while", { timeout: 60_000 }, async (t) => {
  // However long the openings take, the time that a database may be idle ends only when the test says so.
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const budget = new MemoryBudget(64 * MiB);
  const databases = new FileDatabases(duckdb, budget);
  for (let index = 0; index < 7; index += 1) {
    const lease = await databases.lease(await stateOf(`few-${index}.parquet`), "few", MiB);
    await lease.release();
    await lease.release();
  }
  assert.equal(databases.openCount, 4);
  t.mock.timers.tick(60_000);
  // What a database held is given back once it has closed.
  while (budget.freeBytes < budget.totalBytes) await nextTurn();
  assert.equal(databases.openCount, 0);
});

test("memory is reserved within the budget, and what is kept for later is given up first", async () => {
  const budget = new MemoryBudget(16 * MiB);
  const databases = new FileDatabases(duckdb, budget);
  const [a, b] = [await stateOf("a.parquet"), await stateOf("b.parquet")];
  const idle = await databases.lease(a, "a", 12 * MiB);
  await idle.release();
  const lease = await databases.lease(b, "b", 8 * MiB);
  assert.equal(databases.openCount, 1);
  await lease.grow();
  assert.equal(lease.reservedBytes, 16 * MiB);
  assert.ok(lease.isAllThereIs);
  await assert.rejects(lease.grow(), {
    code: "SCSV_BUSY",
    status: 503,
    message: /takes more than the 16 MiB/,
  });
  await assert.rejects(databases.lease(a, "a", MiB), {
    code: "SCSV_BUSY",
    retryAfterSeconds: 5,
    message: 'There is no memory left to read "a": all files being read may take 16 MiB together.',
  });
  await lease.release();
  const again = await databases.lease(a, "a", MiB);
  await again.release();
  await Promise.all([a, b].map((state) => databases.closeIdle(state)));
  assert.equal(budget.freeBytes, budget.totalBytes);
});

test("dozens of openings and readings leave no descriptor and no database behind", async () => {
  const path = join(folder, "often.parquet");
  const database = join(folder, "often.duckdb");
  await writeParquet(path, "SELECT range AS i FROM range(10)");
  await runSql("CREATE TABLE t AS FROM range(10)", database);
  const before = timesOpen("");
  for (let index = 0; index < 20; index += 1) {
    for (const file of [path, database]) {
      const source = await openSource(file);
      if (index % 10 === 0) assert.equal((await textOf(source)).split("\n").length, 11);
      await source.close();
    }
  }
  assert.equal(timesOpen("often"), 0);
  assert.ok(timesOpen("") <= before + 2, `${timesOpen("")} descriptors, ${before} before`);
});

test("a database that is written to while it is opened is opened as it is then, whenever that comes", async () => {
  const path = join(folder, "touched.duckdb");
  await runSql("CREATE TABLE t AS FROM range(3)", path);
  for (let turns = 0; turns < 40; turns += 3) {
    const opening = openSource(path);
    for (let turn = 0; turn < turns; turn += 1) await nextTurn();
    const now = new Date();
    await utimes(path, now, now);
    const source = await opening;
    assert.equal(source.rowCount, 3);
    await source.close();
  }
});

test("48 readers of a Parquet file are served at once", async () => {
  const source = await openSource("node_modules/vega-datasets/data/flights-3m.parquet");
  const iterators = await Promise.all(
    Array.from({ length: 48 }, async () => {
      const iterator = source.read({ signal: new AbortController().signal })[Symbol.asyncIterator]();
      const { value } = await iterator.next();
      assert.ok(value !== undefined && value.rowCount > 0);
      return iterator;
    }),
  );
  for (const iterator of iterators) await iterator.return?.();
  await source.close();
});

test("twelve readers at once of a file of 4,000 columns get all of it, or are asked to try again", async () => {
  const path = join(folder, "wide.parquet");
  const columns = Array.from({ length: 4000 }, (_, index) => `i + ${index} AS c${index}`);
  await writeParquet(path, `SELECT ${columns.join(", ")} FROM range(2) t(i)`);
  const source = await openSource(path);
  const whole = await textOf(source);
  const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => textOf(source)));
  let served = 0;
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") {
      assert.equal(outcome.value, whole);
      served += 1;
    } else {
      const { code, retryAfterSeconds } = outcome.reason as { code?: string; retryAfterSeconds?: number };
      assert.deepEqual([code, (retryAfterSeconds ?? 0) > 0], ["SCSV_BUSY", true], String(outcome.reason));
    }
  }
  assert.ok(served > 0);
  assert.equal(await textOf(source), whole);
  await source.close();
});

test("a reading whose rows take more memory later on goes on behind those it has given", async () => {
  const path = join(folder, "grows.parquet");
  const select = `SELECT i, CASE WHEN i < 10000 THEN 'short' ELSE repeat(md5(i::VARCHAR), 120) END AS s FROM range(20000) t(i)`;
  await writeParquet(path, select, ", ROW_GROUP_SIZE 10000");
  const source = await openSource(path);
  const encoded = await textOf(source);
  const [[rows, characters] = []] = await runSql(`SELECT count(*), sum(length(s)) FROM '${path}'`);
  const lines = encoded.trimEnd().split("\n");
  assert.equal(lines.length, Number(rows));
  assert.equal(
    lines.reduce((sum, line) => sum + line.length - line.indexOf(",") - 1, 0),
    Number(characters),
  );
  assert.ok(lines.every((line, index) => line.startsWith(`${index},`)));
  await source.close();
});
