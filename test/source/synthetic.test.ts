import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as fc from "fast-check";
import Papa from "papaparse";
import { CsvEncoder, type Batch, type ColumnVector } from "../../src/index.ts";
import {
  generateBatch,
  generatedExportNames,
  generatedSource,
  generatorVersion,
  type GeneratedExportName,
} from "../../src/source/synthetic/generated-source.ts";

const golden = readFileSync("fixtures/golden/orders-seed1-1000.csv");
const facts = JSON.parse(readFileSync("fixtures/golden/orders-seed1.json", "utf8")) as {
  readonly generatorVersion: number;
  readonly sha256: Readonly<Record<string, string>>;
};

const unhindered = new AbortController().signal;

async function csvOf(name: GeneratedExportName, rows: number, seed = 1): Promise<Buffer> {
  const source = generatedSource(name, { rows, seed });
  const encoder = new CsvEncoder(source.columns);
  const chunks = [encoder.header()];
  for await (const batch of source.read({ signal: unhindered })) chunks.push(encoder.encode(batch));
  return Buffer.concat(chunks);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What a cell of the golden file must be, worked out from the vectors without any of the encoder's code. */
function expectedCell(vector: ColumnVector, row: number): string {
  if (vector.kind === "integer") return String(vector.values[row]);
  if (vector.kind === "decimal")
    return (Number(vector.unscaled[row]) / 10 ** vector.scale).toFixed(vector.scale);
  if (vector.kind === "boolean") return vector.values[row] === 1 ? "true" : "false";
  if (vector.kind === "timestamp") return new Date(Number(vector.values[row])).toISOString();
  if (vector.kind === "dictionary") return vector.dictionary[vector.codes[row] ?? 0] ?? "";
  return assert.fail(`orders has no column of kind ${vector.kind}`);
}

test("makes the bytes of the golden file, and the digest of a hundred thousand rows", async () => {
  assert.equal(generatorVersion, facts.generatorVersion);
  assert.deepEqual(await csvOf("orders", 1000), golden);
  assert.equal(sha256(golden), facts.sha256["1000"]);
  assert.equal(sha256(await csvOf("orders", 100_000)), facts.sha256["100000"]);
});

test("papaparse reads the golden file back to the values it was made from", () => {
  const { data, errors } = Papa.parse<string[]>(golden.toString(), { skipEmptyLines: true });
  const { columns } = generateBatch("orders", 1, 0, 1000);
  assert.deepEqual(errors, []);
  assert.equal(data.length, 1001);
  for (const [index, row] of data.slice(1).entries())
    assert.deepEqual(
      row,
      columns.map((vector) => expectedCell(vector, index)),
    );
});

test("Python's csv module reads the golden file back to the values it was made from", (t) => {
  const program =
    "import csv,json,sys; print(json.dumps(list(csv.reader(open(sys.argv[1], newline='', encoding='utf-8')))))";
  const python = spawnSync("python3", ["-c", program, "fixtures/golden/orders-seed1-1000.csv"], {
    encoding: "utf8",
  });
  if (python.error !== undefined) {
    t.skip("python3 isn't installed");
    return;
  }
  const rows = JSON.parse(python.stdout) as string[][];
  const { columns } = generateBatch("orders", 1, 0, 1000);
  assert.equal(rows.length, 1001);
  for (const [index, row] of rows.slice(1).entries())
    assert.deepEqual(
      row,
      columns.map((vector) => expectedCell(vector, index)),
    );
});

test("makes any slice alike, whatever was made before", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...generatedExportNames),
      fc.nat(Number.MAX_SAFE_INTEGER),
      fc.nat(Number.MAX_SAFE_INTEGER - 64),
      fc.nat(16),
      fc.nat(16),
      (name, seed, first, before, count) => {
        const whole = generateBatch(name, seed, first, before + count);
        const part = generateBatch(name, seed, first + before, count);
        const encode = (from: number, batch: typeof whole): Uint8Array =>
          new CsvEncoder(batch.columns.map((_, index) => ({ name: String(index) }))).encode(batch, from);
        assert.deepEqual(encode(before, whole), encode(0, part));
      },
    ),
    { numRuns: 200 },
  );
});

test("makes other rows for another seed, also for seeds that differ beyond 32 bits", async () => {
  const texts = await Promise.all([0, 1, 2, 2 ** 32, 2 ** 53 - 1].map((seed) => csvOf("orders", 50, seed)));
  assert.equal(new Set(texts.map(sha256)).size, texts.length);
});

test("an order has everything that makes CSV hard", () => {
  const text = golden.toString();
  for (const found of [
    /""/,
    /"[^"]*,/,
    /"[^"]*\n/,
    /\p{Script=Han}/u,
    /\p{Script=Arabic}/u,
    /\p{Script=Cyrillic}/u,
  ])
    assert.match(text, found);
  assert.match(text, /[\u{10000}-\u{10FFFF}]/u, "a letter of more than 16 bits");
  assert.match(text, /,-\d+\.\d\d,/, "a negative price");
  assert.match(text, /Z,"",/, "an empty note");
  assert.match(text, /Z,,/, "a null note");
  assert.match(text, /,=1\+1,/, "a formula");
  const perRow = golden.length / 1000;
  assert.ok(perRow > 100 && perRow < 120, `${perRow} bytes a row`);
});

test("reads fewer rows and other columns when asked, in batches of about 64 KiB after four megabytes of halves", async () => {
  for (const name of generatedExportNames) {
    const source = generatedSource(name, { rows: 60_000 });
    const encoder = new CsvEncoder(source.columns);
    const sizes: number[] = [];
    let rows = 0;
    for await (const batch of source.read({ signal: unhindered })) {
      rows += batch.rowCount;
      if (sizes.push(encoder.encode(batch).length) === 140) break;
    }
    const halves = sizes.slice(0, 128);
    for (const size of halves)
      assert.ok(size > 24 * 1024 && size < 40 * 1024, `${name}: a half of ${size} bytes`);
    for (const size of sizes.slice(128, -1))
      assert.ok(size > 48 * 1024 && size < 76 * 1024, `${name}: a batch of ${size} bytes`);
    assert.equal(encoder.rowCount, rows);
  }
  const batches = [];
  const source = generatedSource("orders", { rows: 1000 });
  for await (const batch of source.read({ signal: unhindered, rows: 3, columns: [8, 0] }))
    batches.push(batch);
  assert.equal(batches.length, 1);
  assert.equal(batches[0]?.rowCount, 3);
  assert.deepEqual(
    batches[0].columns.map((vector) => vector.kind),
    ["dictionary", "integer"],
  );
});

test("the memory of a released batch serves another reading", async () => {
  const first = await firstBatch(1);
  const [memory] = first.batch.columns;
  first.batch.release?.();
  const second = await firstBatch(2);
  assert.equal(second.batch.columns[0], memory);
  // It is another's by now, so that a second release mustn't hand it out once more.
  first.batch.release?.();
  const third = await firstBatch(3);
  assert.notEqual(third.batch.columns[0], memory);
  // An earlier batch's reading that ends doesn't take it away either.
  await first.reading.return?.();
  const fourth = await firstBatch(4);
  assert.notEqual(fourth.batch.columns[0], memory);
  for (const { reading } of [second, third, fourth]) await reading.return?.();
});

test("a batch that isn't released is never another reading's", async () => {
  const seeds = Array.from({ length: 12 }, (_, seed) => seed);
  const readings = await Promise.all(seeds.map((seed) => firstBatch(seed)));
  const vectors = readings.flatMap(({ batch }) => batch.columns);
  assert.equal(new Set(vectors).size, vectors.length);
  for (const [seed, { batch }] of readings.entries())
    assert.deepEqual(textOf(batch), textOf(ordersOf(seed, 0)));
  // Each goes on where it was, although others have ended and left their memory behind.
  for (const { reading } of readings.slice(6)) await reading.return?.();
  for (const [seed, { reading }] of readings.slice(0, 6).entries()) {
    const { value } = await reading.next();
    assert.ok(value !== undefined);
    assert.deepEqual(textOf(value), textOf(ordersOf(seed, 288)));
  }
  for (const { reading } of readings) await reading.return?.();
});

test("gives the memory back when it is asked for the next batch, returned or ended", async () => {
  const reading = await firstBatch(1);
  const memory = reading.batch.columns[0];
  const { value } = await reading.reading.next();
  assert.equal(value?.columns[0], memory);
  await reading.reading.return?.();
  const other = await firstBatch(2);
  assert.equal(other.batch.columns[0], memory);
  while ((await other.reading.next()).done !== true);
  const last = await firstBatch(3);
  assert.equal(last.batch.columns[0], memory);
  await last.reading.return?.();
});

interface Begun {
  readonly reading: AsyncIterator<Batch, undefined>;
  readonly batch: Batch;
}

async function firstBatch(seed: number): Promise<Begun> {
  const source = generatedSource("orders", { rows: 2000, seed });
  const reading = source.read({ signal: unhindered })[Symbol.asyncIterator]();
  const { value } = await reading.next();
  assert.ok(value !== undefined);
  return { reading, batch: value };
}

function ordersOf(seed: number, firstRow: number): Batch {
  return generateBatch("orders", seed, firstRow, 288);
}

function textOf(batch: Batch): Uint8Array {
  return new CsvEncoder(batch.columns.map((_, index) => ({ name: String(index) }))).encode(batch);
}

test("ends before the next batch once it is aborted", async () => {
  const controller = new AbortController();
  const reading = generatedSource("orders", { rows: 5000 }).read({ signal: controller.signal });
  const iterator = reading[Symbol.asyncIterator]();
  await iterator.next();
  controller.abort(new Error("enough"));
  await assert.rejects(iterator.next(), /enough/);
});

test("refuses rows, seeds and names that aren't any", () => {
  for (const rows of [-1, 1.5, 2 ** 53, Number.NaN])
    assert.throws(() => generatedSource("orders", { rows }), { name: "RangeError", code: "SCSV_ARG_RANGE" });
  assert.throws(() => generatedSource("orders", { seed: -1 }), /seed must be a whole number/);
  assert.throws(() => generateBatch("toString" as GeneratedExportName, 1, 0, 1), /choose orders, wide/);
});
