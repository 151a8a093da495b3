import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import * as duckdb from "@duckdb/node-api";
import * as fc from "fast-check";
import {
  CsvEncoder,
  dialects,
  openSource,
  type DialectName,
  type Dialect,
  type Source,
} from "../../src/index.ts";
import { resolveDialect } from "../../src/csv/resolve-dialect.ts";
import { byteTextReader } from "../../src/source/duckdb/byte-texts.ts";
import { rawValues } from "../../src/source/duckdb/raw-vector.ts";

const folder = mkdtempSync(join(tmpdir(), "stream-csv-bytes-"));
after(() => {
  rmSync(folder, { recursive: true });
});

const every: readonly Dialect[] = [
  ...(Object.keys(dialects) as DialectName[]).map((name) => resolveDialect(name)),
  resolveDialect("unix", { quoting: "strings", delimiter: "|", quote: "'" }),
  resolveDialect("rfc4180", { quoting: "all", nullValue: "NULL" }),
  resolveDialect("excel", { nullValue: "abc", quote: "`" }),
];

const patterns = ["abc", "x,y;z|", 'say "so" ', "é√中🍜", "tab\t", "line\r\n", "=1+1 ", "'`", "-5", "＝＠"];

/** Texts that begin each of the patterns and have so many letters: all lengths around those kept in another way. */
const texts: readonly (string | null)[] = [
  null,
  "NULL",
  "\\.",
  "-5",
  "+1,5",
  "\uFEFFmarked",
  "\uFEFFa long one that is marked",
  "\u0001",
  "a control character \u0001 in the middle of a long text",
  ...patterns.flatMap((pattern) =>
    [0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 16, 17, 40, 257].map((length) =>
      Array.from(pattern.repeat(Math.ceil(length / 2) + 1))
        .slice(0, length)
        .join(""),
    ),
  ),
];

/** More than two chunks of DuckDB's; the order of the texts, and which are null, differ from row to row. */
const values = Array.from({ length: 4500 }, (_, row) => {
  if (row === 3000) return "q".repeat(200_000);
  if (row === 3001) return '"'.repeat(70_000);
  return texts[(row * 7919 + (row >> 5)) % texts.length] ?? null;
});

/** The ways a text lies in DuckDB's memory differ with the file it comes from. */
const files = {
  "a table": "texts.duckdb",
  "a Parquet file with dictionaries": "dictionary.parquet",
  "a Parquet file with plain pages": "plain.parquet",
};

/** Writes the texts into a file of each kind, in one column as text and in another as bytes. */
async function writeFiles(): Promise<void> {
  const instance = await duckdb.DuckDBInstance.create(join(folder, "texts.duckdb"));
  const connection = await instance.connect();
  await connection.run("CREATE TABLE t (place INTEGER, value VARCHAR, reversed VARCHAR, bytes BLOB)");
  const appender = await connection.createAppender("t");
  for (const [place, value] of values.entries()) {
    appender.appendInteger(place);
    if (value === null) appender.appendNull();
    else appender.appendVarchar(value);
    appender.appendNull();
    appender.appendNull();
    appender.endRow();
  }
  appender.closeSync();
  await connection.run(
    `UPDATE t SET bytes = encode(value), reversed = (SELECT value FROM t AS other WHERE other.place = ${values.length - 1} - t.place)`,
  );
  const select = "SELECT value, bytes, reversed FROM t ORDER BY place";
  await connection.run(
    `COPY (${select}) TO '${join(folder, "dictionary.parquet")}' (FORMAT parquet, COMPRESSION zstd)`,
  );
  await connection.run(
    `COPY (${select}) TO '${join(folder, "plain.parquet")}' (FORMAT parquet, DICTIONARY_SIZE_LIMIT 1, ROW_GROUP_SIZE 3000)`,
  );
  await connection.run(`CREATE TABLE u AS ${select}; DROP TABLE t; CHECKPOINT`);
  connection.closeSync();
  instance.closeSync();
}

const written = writeFiles();

interface Encoded {
  readonly bytes: Buffer;
  readonly guardedCells: number;
}

async function encoded(source: Source, dialect: Dialect): Promise<Encoded> {
  const encoder = new CsvEncoder(source.columns, dialect);
  const chunks: Uint8Array[] = [];
  for await (const batch of source.read({ signal: new AbortController().signal }))
    chunks.push(encoder.encode(batch));
  return { bytes: Buffer.concat(chunks), guardedCells: encoder.guardedCells };
}

/** The same by csv-stringify, from the values that were written into the files. */
const expected = new Map(
  every.map((dialect): [Dialect, Encoded] => {
    const columns = [
      values,
      values.map((value) => (value === null ? null : Buffer.from(value))),
      values.toReversed(),
    ];
    const names = [{ name: "value" }, { name: "bytes" }, { name: "reversed" }];
    const encoder = new CsvEncoder(names, dialect, "csv-stringify");
    const bytes = encoder.encode({
      rowCount: values.length,
      columns: columns.map((column) => ({ kind: "mixed", values: column })),
    });
    return [dialect, { bytes: Buffer.from(bytes), guardedCells: encoder.guardedCells }];
  }),
);

for (const [name, file] of Object.entries(files)) {
  test(`gives texts and bytes of ${name} as csv-stringify writes them, in every dialect`, async () => {
    await written;
    const source = await openSource(join(folder, file));
    for (const [dialect, { bytes, guardedCells }] of expected) {
      const ours = await encoded(source, dialect);
      assert.ok(ours.bytes.equals(bytes), `dialect ${dialect.name}: ${firstDifference(ours.bytes, bytes)}`);
      assert.equal(ours.guardedCells, guardedCells);
    }
    await source.close();
  });
}

test("reads texts that lie in another order than their rows, far apart, or in the same place", async () => {
  const instance = await duckdb.DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const result = await connection.stream(
    "SELECT repeat(chr(97 + (i % 26)::INT), 1 + (i * 7 % 90)::INT) FROM range(2000) t(i)",
  );
  const chunk = await result.fetchChunk();
  const vector = chunk?.getColumnVector(0);
  assert.ok(vector instanceof duckdb.DuckDBVarCharVector && "validity" in vector && "vector" in vector);
  const rows = rawValues(vector, 16);
  const read = byteTextReader(duckdb);
  fc.assert(
    fc.property(
      fc.array(fc.nat(1999), { minLength: 1, maxLength: 300 }),
      fc.nat(299),
      fc.nat(300),
      (places, a, b) => {
        const [from = 0, to = 0] = [a, b]
          .map((edge) => Math.min(edge, places.length))
          .toSorted((x, y) => x - y);
        const parts = places.map((place) => rows.subarray(16 * place, 16 * place + 16));
        const chosen = Uint8Array.from(Buffer.concat(parts));
        const moved = Object.create(vector, {
          dataView: { value: new DataView(chosen.buffer) },
          itemCount: { value: places.length },
        });
        const { bytes, starts, ends } = read(moved, { from, to });
        const wanted = places.slice(from, to);
        const found = wanted.map((_, row) => Buffer.from(bytes.subarray(starts[row], ends[row])).toString());
        assert.deepEqual(
          found,
          wanted.map((place) => vector.getItem(place)),
        );
      },
    ),
    { numRuns: 300 },
  );
  connection.closeSync();
  instance.closeSync();
});

test("reports a DuckDB client that has changed inside, and reads nothing", () => {
  const read = byteTextReader(duckdb);
  const vector = duckdb.DuckDBVector.prototype;
  assert.throws(() => read(vector, { from: 0, to: 0 }), {
    code: "SCSV_INTERNAL",
    message: /in a way that stream-csv doesn't know/,
  });
});

function firstDifference(ours: Buffer, theirs: Buffer): string {
  const at = ours.findIndex((byte, index) => byte !== theirs[index]);
  const part = (text: Buffer): string => JSON.stringify(text.subarray(at - 20, at + 30).toString());
  return `at byte ${at} ${part(ours)} instead of ${part(theirs)}`;
}
