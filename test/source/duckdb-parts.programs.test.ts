import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { DuckDBInstance } from "@duckdb/node-api";
import { setImmediate } from "node:timers/promises";
import { CsvEncoder, openSource, type Source } from "../../src/index.ts";
import { resolveDialect } from "../../src/csv/resolve-dialect.ts";
import { rowSizes } from "../../src/source/duckdb/chunk-parts.ts";
import { columnReader } from "../../src/source/duckdb/column-reader.ts";
import { copyBatch } from "../../src/source/duckdb/copy-batch.ts";

const folder = mkdtempSync(join(tmpdir(), "stream-csv-parts-"));
const instance = await DuckDBInstance.create(":memory:");
const connection = await instance.connect();
after(() => {
  connection.closeSync();
  instance.closeSync();
  rmSync(folder, { recursive: true });
});

const mostBytes = 256 * 1024;
const dialect = resolveDialect("unix", { nullValue: "NULL" });

async function sourceOf(name: string, select: string): Promise<Source> {
  const path = join(folder, `${name}.parquet`);
  await connection.run(`COPY (${select}) TO '${path}'`);
  return await openSource(path);
}

interface Read {
  readonly rowCounts: readonly number[];
  readonly parts: readonly Uint8Array[];
  readonly text: string;
}

async function read(source: Source, rows?: number): Promise<Read> {
  const encoder = new CsvEncoder(source.columns, dialect);
  const rowCounts: number[] = [];
  const parts: Uint8Array[] = [];
  const { signal } = new AbortController();
  for await (const batch of source.read({ signal, ...(rows === undefined ? {} : { rows }) })) {
    rowCounts.push(batch.rowCount);
    parts.push(encoder.encode(batch));
  }
  return { rowCounts, parts, text: Buffer.concat(parts).toString() };
}

test("a chunk of long texts comes as several batches, none of which is long", async () => {
  await using source = disposable(
    await sourceOf(
      "long",
      "SELECT range AS id, repeat(chr(97 + (range % 26)::INT), 4000) AS body FROM range(5000)",
    ),
  );
  const { rowCounts, parts, text } = await read(source.value);
  assert.ok(rowCounts.length >= (5000 * 4000) / mostBytes, `${rowCounts.length} batches`);
  assert.ok(Math.max(...parts.map(({ byteLength }) => byteLength)) <= mostBytes * 1.1);
  const expected = Array.from(
    { length: 5000 },
    (_, row) => `${row},${String.fromCharCode(97 + (row % 26)).repeat(4000)}\n`,
  );
  assert.equal(text, expected.join(""));
});

test("pauses between the columns of a chunk, and reads none of them after a pause that fails", async () => {
  const result = await connection.stream(
    "SELECT range AS a, 'x' || range AS b, 'y' || range AS c FROM range(9)",
  );
  const chunk = await result.fetchChunk();
  assert.ok(chunk !== null);
  const duckdb = await import("@duckdb/node-api");
  const readers = result.columnTypes().map((type) => columnReader(duckdb, type));
  const opened = readers.map((reader) => reader.open());
  const part = { from: 2, to: 5 };
  const paused: string[] = [];
  const pause = async (): Promise<void> => {
    paused.push("begin");
    await setImmediate();
    paused.push("end");
  };
  const sizes = await rowSizes(chunk, readers, pause);
  assert.deepEqual([sizes.length, paused.length], [9, 4]);
  const batch = await copyBatch("t", readers, opened, chunk, part, pause);
  assert.equal(paused.length, 10);
  const encoder = new CsvEncoder([{ name: "a" }, { name: "b" }, { name: "c" }], dialect);
  assert.equal(Buffer.from(encoder.encode(batch)).toString(), "2,x2,y2\n3,x3,y3\n4,x4,y4\n");
  let reads = 0;
  const counted = opened.map((reader): (typeof opened)[number] => (vector, range) => {
    reads += 1;
    return reader(vector, range);
  });
  const stopped = (): Promise<void> | undefined =>
    reads < 2 ? undefined : Promise.reject(new Error("stopped"));
  await assert.rejects(copyBatch("t", readers, counted, chunk, part, stopped), { message: "stopped" });
  assert.equal(reads, 2);
});

test("a chunk of short cells stays one batch", async () => {
  await using source = disposable(
    await sourceOf("short", "SELECT range AS id, 'abc' AS name FROM range(4096)"),
  );
  const { rowCounts } = await read(source.value);
  assert.deepEqual(rowCounts, [2048, 2048]);
});

test("a row longer than a batch may be is a batch of its own", async () => {
  await using source = disposable(
    await sourceOf(
      "giant",
      "SELECT repeat('x', CASE WHEN range = 1 THEN 400000 ELSE 5 END) AS body FROM range(3)",
    ),
  );
  const { rowCounts, text } = await read(source.value);
  assert.deepEqual(rowCounts, [1, 1, 1]);
  assert.equal(text, `xxxxx\n${"x".repeat(400_000)}\nxxxxx\n`);
});

test("every kind of column is divided alike, nulls and all", async () => {
  const columns = [
    "i::INTEGER",
    "i::HUGEINT",
    "i::DECIMAL(9,2)",
    "i::DECIMAL(30,2)",
    "i / 4",
    "i % 3 = 0",
    "DATE '2020-01-01' + i::INTEGER",
    "TIMESTAMP '2020-01-01' + to_seconds(i)",
    "('e' || i % 3)::ENUM ('e0', 'e1', 'e2')",
    "encode('blob ' || i)",
    "uuid_of(i)",
    "[i, i + 1]",
    "{'a': i}",
  ];
  await connection.run(
    "CREATE MACRO uuid_of(i) AS ('00000000-0000-0000-0000-' || lpad(i::VARCHAR, 12, '0'))::UUID",
  );
  const cells = columns.map(
    (cell, index) => `CASE WHEN i % ${index + 2} = 1 THEN NULL ELSE ${cell} END AS c${index}`,
  );
  const from = "FROM range(5000) t(i)";
  await using short = disposable(await sourceOf("kinds", `SELECT ${cells.join(", ")} ${from}`));
  const body = "CASE WHEN i % 7 = 0 THEN NULL ELSE repeat('b', (i * 37 % 9000)::INT) END AS body";
  await using long = disposable(
    await sourceOf("kinds-long", `SELECT ${[...cells, body].join(", ")} ${from}`),
  );
  const divided = await read(long.value);
  assert.ok(divided.rowCounts.length > 60, `${divided.rowCounts.length} batches`);
  const { rows } = await rowsOf(short.value);
  assert.equal(rows.length, 5000);
  const expected = rows.map(
    (row, i) => `${row},${i % 7 === 0 ? "NULL" : "b".repeat((i * 37) % 9000) || '""'}\n`,
  );
  assert.equal(divided.text, expected.join(""));
});

test("rows are counted off in the midst of a divided chunk", async () => {
  await using source = disposable(
    await sourceOf("counted", "SELECT range AS id, repeat('y', 8000) AS body FROM range(5000)"),
  );
  for (const rows of [1, 33, 2047, 2048, 2049, 3000]) {
    const { rowCounts, text } = await read(source.value, rows);
    assert.equal(
      rowCounts.reduce((sum, count) => sum + count, 0),
      rows,
    );
    assert.ok(text.endsWith(`${rows - 1},${"y".repeat(8000)}\n`));
  }
});

test("a reading that is aborted between two batches of a chunk gives none of the rest", async () => {
  await using source = disposable(
    await sourceOf("aborted", "SELECT repeat('z', 8000) AS body FROM range(2000)"),
  );
  const controller = new AbortController();
  const batches = source.value.read({ signal: controller.signal })[Symbol.asyncIterator]();
  const first = await batches.next();
  assert.equal(first.done, false);
  controller.abort(new Error("enough"));
  await assert.rejects(async () => await batches.next(), { message: "enough" });
});

test("a source that is closed between two batches of a chunk gives none of the rest", async () => {
  const source = await sourceOf("closed", "SELECT repeat('z', 8000) AS body FROM range(2000)");
  const { signal } = new AbortController();
  const batches = source.read({ signal })[Symbol.asyncIterator]();
  await batches.next();
  await source.close();
  await assert.rejects(async () => await batches.next(), { code: "SCSV_CANCELLED" });
});

/** The rows of a source as text, none of which has a line break in it. */
async function rowsOf(source: Source): Promise<{ readonly rows: readonly string[] }> {
  const { text } = await read(source);
  return { rows: text.trimEnd().split("\n") };
}

function disposable(value: Source): { readonly value: Source } & AsyncDisposable {
  return { value, [Symbol.asyncDispose]: () => value.close() };
}
