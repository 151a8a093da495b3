import assert from "node:assert/strict";
import { test } from "node:test";
import { generateBatch, generatedSource } from "../../src/source/synthetic/generated-source.ts";
import { openExport } from "../../src/export/definition.ts";
import { planExport } from "../../src/export/plan.ts";
import { readExportParameters } from "../../src/export/parameters.ts";
import { runExport } from "../../src/export/run.ts";
import type { Batch } from "../../src/index.ts";
import { CsvEncoder } from "../../src/csv/csv-encoder.ts";
import { encoderNames, type EncoderName } from "../../src/csv/encoder-name.ts";
import { dialects } from "../../src/csv/dialect.ts";
import { encodeBatches, noProgress } from "../../src/body/encode-batches.ts";

const { signal } = new AbortController();

async function chunksOf(name: string, encoder: EncoderName, rows: number): Promise<readonly Uint8Array[]> {
  const { definition } = await openExport(name);
  const asked = readExportParameters([
    ["rows", String(rows)],
    ["encoder", encoder],
  ]);
  const chunks: Uint8Array[] = [];
  for await (const chunk of runExport(planExport(definition, asked), { signal }).chunks) chunks.push(chunk);
  return chunks;
}

for (const name of ["orders", "wide", "text", "numbers"]) {
  test(`csv-stringify is given no more of ${name} than makes a few kilobytes, or one row`, async () => {
    const source = generatedSource(name as "orders");
    const rows = 300;
    const one = new CsvEncoder(source.columns);
    const longestRow = Math.max(
      ...Array.from({ length: rows }, (_, row) => {
        const batch = generateBatch(name as "orders", 1, row, 1);
        return one.encode(batch).byteLength;
      }),
    );
    const [, ...chunks] = await chunksOf(name, "csv-stringify", rows);
    const longest = Math.max(...chunks.map(({ byteLength }) => byteLength));
    assert.ok(longest <= 2 * 8192 + longestRow, `${longest} bytes in one chunk`);
  });

  test(`both encoders make the same bytes of ${name}, in chunks of their own sizes`, async () => {
    const [fast, general] = await Promise.all(encoderNames.map((encoder) => chunksOf(name, encoder, 3000)));
    assert.ok(fast !== undefined && general !== undefined);
    assert.ok(Buffer.concat(fast).equals(Buffer.concat(general)));
    assert.ok(general.length > fast.length);
  });
}

test("encodes few rows first while nothing is known about them, and then as many as make a chunk", async () => {
  const texts = Array.from({ length: 2048 }, () => "x".repeat(4000));
  const rows = texts.map((text) => `${text}\r\n`).join("");
  const batch: Batch = { rowCount: texts.length, columns: [{ kind: "text", values: texts }] };
  for (const encoder of encoderNames) {
    const csv = new CsvEncoder([{ name: "body" }], dialects.rfc4180, encoder);
    const parts: Uint8Array[] = [];
    for await (const chunk of encodeBatches(batches([batch, batch]), csv, { ...noProgress }))
      parts.push(chunk);
    assert.equal(Buffer.concat(parts).toString(), `body\r\n${rows}${rows}`);
    const [first = 0, ...later] = parts.map(({ byteLength }) => byteLength);
    assert.ok(first <= (csv.chunkBytes / 1024) * 4002 + 6, `${encoder}: ${first} bytes`);
    assert.ok(Math.max(...later) <= 1.5 * csv.chunkBytes, `${encoder}: ${Math.max(...later)} bytes`);
  }
});

test("begins rows of many columns with a few of them, although their size isn't known yet", async () => {
  for (const columnCount of [10, 1000, 10_000]) {
    const values = new Int32Array(2048).fill(1234);
    const columns = Array.from({ length: columnCount }, () => ({ kind: "integer" as const, values }));
    const names = columns.map((_, index) => ({ name: `c${index}` }));
    const csv = new CsvEncoder(names, dialects.rfc4180);
    const headerBytes = csv.header().byteLength;
    const chunks = encodeBatches(batches([{ rowCount: 2048, columns }]), csv, { ...noProgress });
    const first = await chunks.next();
    await chunks.return();
    const rowBytes = 5 * columnCount + 1;
    const bytes = (first.value?.byteLength ?? 0) - headerBytes;
    assert.ok(bytes <= Math.max(csv.chunkBytes, rowBytes), `${columnCount} columns: ${bytes} bytes`);
  }
});

async function* batches(all: readonly Batch[]): AsyncGenerator<Batch, void, undefined> {
  yield* all;
}

test("lends every chunk in the same memory where that is asked for, and otherwise gives each its own", async () => {
  const { definition } = await openExport("orders");
  const plan = planExport(definition, readExportParameters([["rows", "50000"]]));
  for (const name of ["lentChunks", "chunks"] as const) {
    const memories = new Set<ArrayBufferLike>();
    const texts: string[] = [];
    for await (const chunk of runExport(plan, { signal })[name]) {
      memories.add(chunk.buffer);
      texts.push(Buffer.from(chunk).toString());
    }
    assert.ok(texts.length > 50);
    assert.ok(
      name === "lentChunks" ? memories.size <= 4 : memories.size === texts.length,
      `${memories.size} memories`,
    );
    assert.equal(texts.join(""), Buffer.concat(await chunksOf("orders", "fast", 50_000)).toString());
  }
});

test("holds a chunk in one of two memories until the next but one is asked for", async () => {
  const { definition } = await openExport("orders");
  const plan = planExport(definition, readExportParameters([["rows", "50000"]]));
  const memories = new Set<ArrayBufferLike>();
  const texts: string[] = [];
  let last: Uint8Array | undefined;
  for await (const chunk of runExport(plan, { signal }).doubleBuffered) {
    // Read only now, when the next one is there.
    if (last !== undefined) texts.push(Buffer.from(last).toString());
    last = chunk;
    memories.add(chunk.buffer);
  }
  texts.push(Buffer.from(last ?? []).toString());
  assert.ok(texts.length > 50);
  assert.ok(memories.size > 1 && memories.size <= 7, `${memories.size} memories`);
  assert.equal(texts.join(""), Buffer.concat(await chunksOf("orders", "fast", 50_000)).toString());
});

test("sends small chunks until the kernel's buffers are full, and to a slow reader until the end", async () => {
  const { definition } = await openExport("orders");
  const plan = planExport(definition, readExportParameters([["rows", "200000"]]));
  const sizesOf = async (pauseMs: number): Promise<readonly number[]> => {
    let nowMs = 0;
    const clock = { nowMs: () => nowMs, wallMs: () => nowMs };
    const sizes: number[] = [];
    for await (const { byteLength } of runExport(plan, { signal, clock }).chunks) {
      sizes.push(byteLength);
      nowMs += sizes.length === 3 ? pauseMs : 1;
    }
    return sizes;
  };
  const mean = (sizes: readonly number[]): number =>
    sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  const quick = await sizesOf(0);
  assert.ok(mean(quick.slice(0, 100)) < 40_000);
  assert.ok(mean(quick.slice(-100)) > 55_000);
  assert.ok(mean((await sizesOf(5000)).slice(-100)) < 40_000);
});
