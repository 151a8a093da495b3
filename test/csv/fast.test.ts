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

/** The header row, or the fault for which there can be none, and the headers that were changed. */
function headerOf(encoder: EncoderName, names: readonly string[], dialect: Dialect): unknown {
  try {
    const writer = new CsvEncoder(
      names.map((name) => ({ name })),
      dialect,
      encoder,
    );
    const header = Buffer.from(writer.header()).toString("latin1");
    return { header, guardedCells: writer.guardedCells };
  } catch (error) {
    if (error instanceof StreamCsvError) return { message: error.message, column: error.column };
    throw error;
  }
}

test("the header row has the bytes of csv-stringify, for random names in random dialects", () => {
  const special = [
    "",
    " ",
    "=1+1",
    "-",
    "NULL",
    "\\.",
    "\\N",
    "\0",
    "a\nb",
    "\r",
    'a"b',
    "a,b",
    "ñ",
    "\ud800",
    "00123",
  ];
  const name = fc.oneof(
    fc.constantFrom(...special),
    fc.string({ unit: "binary" }),
    fc.constantFrom(...special).map((text) => text.repeat(120)),
  );
  fc.assert(
    fc.property(
      fc.array(name, { maxLength: 5 }),
      randomDialect,
      fc.boolean(),
      (names, random, isRejecting) => {
        const dialect: Dialect = isRejecting ? { ...random, formulas: "reject" } : random;
        assert.deepEqual(headerOf("fast", names, dialect), headerOf("csv-stringify", names, dialect));
      },
    ),
    { numRuns: 3000 },
  );
});

test("writes the header row of a writer that a cell's toJSON() asks for", () => {
  const other = new CsvEncoder([{ name: "b" }, { name: "=c" }]);
  const value = { toJSON: () => Buffer.from(other.header()).toString().trim() };
  const batch: Batch = { rowCount: 2, columns: [{ kind: "mixed", values: ["first", value] }] };
  const text = Buffer.from(new CsvEncoder([{ name: "a" }], dialects.unix).encode(batch)).toString();
  assert.equal(text, `first\n"b,'=c"\n`.replace("'", other.guardedCells > 0 ? "'" : ""));
});

/** A column of whole numbers, and how often its kind was asked for: it is, whenever the column is checked or prepared. */
function countedColumn(values: Int32Array): { readonly column: ColumnVector; readonly looks: () => number } {
  let looks = 0;
  const column: ColumnVector = {
    get kind() {
      looks += 1;
      return "integer" as const;
    },
    values,
  };
  return { column, looks: () => looks };
}

test("checks and prepares the columns of a batch once, however many pieces it is encoded in", () => {
  const values = Int32Array.from({ length: 10 }, (_, row) => row);
  const { column, looks } = countedColumn(values);
  const batch: Batch = { rowCount: 10, columns: [{ kind: "integer", values }, column] };
  const names = [{ name: "a" }, { name: "b" }];
  const writer = new CsvEncoder(names, dialects.unix);
  const pieces = [writer.encode(batch, 0, 1)];
  const looksForOne = looks();
  for (let row = 1; row < 5; row += 1) pieces.push(writer.encode(batch, row, row + 1));
  assert.equal(looks(), looksForOne);
  // Another export of the same columns shares what was prepared.
  const text: ColumnVector = { kind: "text", values: ["x"] };
  const other = new CsvEncoder(names, dialects.unix).encode({ rowCount: 1, columns: [text, text] });
  assert.equal(Buffer.from(other).toString(), "x,x\n");
  pieces.push(writer.encode(batch, 5));
  const expected = Array.from(values, (value) => `${value},${value}\n`).join("");
  assert.equal(Buffer.concat(pieces).toString(), expected);
});

test("checks a batch again that begins anew, isn't read in order, or says that it has more rows", () => {
  const values = Int32Array.of(1, 2, 3);
  const batch = { rowCount: 3, columns: [{ kind: "integer" as const, values }] };
  const short = { code: "SCSV_ARG_RANGE", message: /values in columns\[0\] of a batch has/ };
  const writer = new CsvEncoder([{ name: "n" }], dialects.unix);
  writer.encode(batch, 0, 1);
  batch.rowCount = 4;
  assert.throws(() => writer.encode(batch, 1), short);
  const again = new CsvEncoder([{ name: "n" }], dialects.unix);
  const shrunk = { rowCount: 3, columns: [{ kind: "integer" as const, values }] };
  again.encode(shrunk, 0, 1);
  shrunk.columns = [{ kind: "integer", values: Int32Array.of(1) }];
  assert.throws(() => again.encode(shrunk, 1), short);
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
