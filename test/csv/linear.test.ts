import assert from "node:assert/strict";
import { test } from "node:test";
import { CsvEncoder, type Batch, type ColumnVector } from "../../src/index.ts";
import { resolveDialect } from "../../src/csv/resolve-dialect.ts";

const unix = resolveDialect("unix");

function encoderOf(batch: Batch): CsvEncoder {
  return new CsvEncoder(
    batch.columns.map((_, index) => ({ name: `c${index}` })),
    unix,
  );
}

test("writes a field of 100 MB, plain and quoted, and holds only a few copies", () => {
  const size = 100_000_000;
  for (const [unit, bytes] of [
    ["x", size + 1],
    ['"', 2 * size + 3],
  ] as const) {
    const batch: Batch = { rowCount: 1, columns: [{ kind: "text", values: [unit.repeat(size)] }] };
    const before = process.memoryUsage().arrayBuffers;
    const encoder = encoderOf(batch);
    assert.equal(encoder.encode(batch).length, bytes);
    assert.ok(process.memoryUsage().arrayBuffers - before < 6 * bytes);
  }
});

test("writes 10,000 columns", () => {
  const columns = Array.from({ length: 10_000 }, (_, index): ColumnVector => ({
    kind: "integer",
    values: Int32Array.of(index, index),
  }));
  const batch: Batch = { rowCount: 2, columns };
  const encoder = encoderOf(batch);
  const lines = Buffer.from(encoder.encode(batch)).toString().split("\n");
  assert.equal(lines.length, 3);
  assert.equal(lines[1]?.split(",").at(-1), "9999");
  assert.equal(Buffer.from(encoder.header()).toString().split(",").length, 10_000);
});

test("writes a million rows of a lone null, or of no column at all", () => {
  const rowCount = 1_000_000;
  const nulls: Batch = {
    rowCount,
    columns: [{ kind: "dictionary", dictionary: [null], codes: new Uint8Array(rowCount) }],
  };
  assert.equal(encoderOf(nulls).encode(nulls).length, 3 * rowCount);
  const none: Batch = { rowCount, columns: [] };
  assert.equal(encoderOf(none).encode(none).length, rowCount);
});
