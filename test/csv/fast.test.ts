import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  CsvEncoder,
  dialects,
  StreamCsvError,
  type Batch,
  type ColumnVector,
  type Dialect,
  type EncoderName,
} from "../../src/index.ts";
import { encoderNames } from "../../src/csv/encoder-name.ts";
import { randomBatch, randomDialect } from "./random-batch.ts";

interface Encoded {
  readonly bytes: Uint8Array;
  readonly guardedCells: number;
}

/** The whole text of a batch, encoded in pieces. */
function encoded(encoder: EncoderName, batch: Batch, dialect: Dialect, pieces: readonly number[]): Encoded {
  const columns = batch.columns.map((_, index) => ({ name: `=column ${index + 1}` }));
  const writer = new CsvEncoder(columns, dialect, encoder);
  const chunks = [writer.header()];
  let from = 0;
  for (const size of [...pieces, batch.rowCount]) {
    const to = Math.min(from + size, batch.rowCount);
    chunks.push(writer.encode(batch, from, to));
    from = to;
  }
  return { bytes: Buffer.concat(chunks), guardedCells: writer.guardedCells };
}

/** What becomes of a batch: its bytes, or the fault that it can't be written for. */
function outcome(
  encoder: EncoderName,
  batch: Batch,
  dialect: Dialect,
  pieces: readonly number[],
): Encoded | { readonly message: string } {
  try {
    return encoded(encoder, batch, dialect, pieces);
  } catch (error) {
    if (error instanceof StreamCsvError && error.code === "SCSV_NO_TEXT") return { message: error.message };
    throw error;
  }
}

/** Rows to compare; RANDOM_ROWS=10000000 is reported in docs/reference/performance.md. */
const rowsWanted = Number(process.env["RANDOM_ROWS"] ?? 50_000);
const rowsPerRun = 17.4;

test("the fast path gives the bytes of csv-stringify, for random rows in random dialects and pieces", () => {
  let rows = 0;
  fc.assert(
    fc.property(
      randomBatch,
      randomDialect,
      fc.array(fc.nat(20), { maxLength: 3 }),
      (batch, dialect, pieces) => {
        rows += batch.rowCount;
        const fast = outcome("fast", batch, dialect, pieces);
        const reference = outcome("csv-stringify", batch, dialect, []);
        if ("bytes" in fast && "bytes" in reference)
          assert.equal(Buffer.from(fast.bytes).toString(), Buffer.from(reference.bytes).toString());
        assert.deepEqual(fast, reference);
      },
    ),
    { numRuns: Math.ceil(rowsWanted / rowsPerRun) },
  );
  assert.ok(rows >= rowsWanted, `${rows} rows`);
});

test("tells of the fault that comes first in reading order, as csv-stringify does", () => {
  const batch: Batch = {
    rowCount: 3,
    columns: [
      { kind: "float", values: Float64Array.of(1, 2, Number.NaN) },
      { kind: "timestamp", unit: "ms", values: Float64Array.of(0, Number.NaN, 0) },
    ],
  };
  for (const encoder of encoderNames) {
    const writer = new CsvEncoder([{ name: "a" }, { name: "b" }], dialects.rfc4180, encoder);
    assert.throws(() => writer.encode(batch), { code: "SCSV_INVALID_DATE", row: 2, column: "b" });
  }
});

test("looks anew at vectors that a source uses again", () => {
  const values = Float64Array.of(1, 2);
  const texts: (string | null)[] = ["a", "b"];
  const columns: readonly ColumnVector[] = [
    { kind: "integer", values },
    { kind: "text", values: texts },
  ];
  const writer = new CsvEncoder([{ name: "n" }, { name: "t" }], dialects.unix);
  assert.equal(Buffer.from(writer.encode({ rowCount: 2, columns })).toString(), "1,a\n2,b\n");
  values.set([30, 40]);
  texts.splice(0, 2, null, "c,d");
  assert.equal(Buffer.from(writer.encode({ rowCount: 2, columns })).toString(), '30,\n40,"c,d"\n');
});

test("refuses rows whose text is longer than 2 GiB before it makes it", () => {
  const batch: Batch = {
    rowCount: 1000,
    columns: [{ kind: "dictionary", dictionary: ["x".repeat(3_000_000)], codes: new Uint8Array(1000) }],
  };
  const writer = new CsvEncoder([{ name: "t" }], dialects.unix);
  assert.throws(() => writer.encode(batch), { name: "RangeError", code: "SCSV_ARG_RANGE", message: /2 GiB/ });
});
