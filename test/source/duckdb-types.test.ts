import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { DuckDBInstance } from "@duckdb/node-api";
import {
  csvChunks,
  CsvEncoder,
  dialects,
  openSource,
  type DialectName,
  type Source,
} from "../../src/index.ts";
import { resolveDialect } from "../../src/csv/resolve-dialect.ts";
import { parse } from "csv-parse/sync";
import { runSql } from "./duckdb-files.ts";

/** An expression, and what CSV has to say; where nothing is given, DuckDB's own cast to text. */
const cases: readonly (readonly [name: string, expression: string, text?: string])[] = [
  ["tinyint", "(-128)::TINYINT"],
  ["smallint", "32767::SMALLINT"],
  ["integer", "(-2147483648)::INTEGER"],
  ["bigint", "9223372036854775807::BIGINT"],
  ["utinyint", "255::UTINYINT"],
  ["usmallint", "65535::USMALLINT"],
  ["uinteger", "4294967295::UINTEGER"],
  ["ubigint", "18446744073709551615::UBIGINT"],
  ["hugeint", "(-170141183460469231731687303715884105727)::HUGEINT"],
  ["uhugeint", "340282366920938463463374607431768211455::UHUGEINT"],
  ["bignum", "'123456789012345678901234567890123456789012345678901'::BIGNUM"],
  ["bool", "true"],
  ["float", "0.1::FLOAT"],
  ["float_big", "16777216::FLOAT", "16777216"],
  ["double", "1e300::DOUBLE", "1e+300"],
  ["double_third", "(1/3)::DOUBLE"],
  ["nan", "'nan'::DOUBLE", "NaN"],
  ["minus_infinity", "'-inf'::DOUBLE", "-Infinity"],
  ["decimal_4", "(-0.05)::DECIMAL(4,2)"],
  ["decimal_9", "1234567.89::DECIMAL(9,2)"],
  ["decimal_18", "(-1234567890123456.78)::DECIMAL(18,2)"],
  ["decimal_38", "(-12345678901234567890123456789012345678)::DECIMAL(38,0)"],
  ["decimal_38_10", "1234567890123456789012345678.0123456789::DECIMAL(38,10)"],
  ["date", "DATE '2024-02-29'"],
  ["date_old", "DATE '0044-03-15'"],
  ["date_bc", "DATE '0044-03-15 (BC)'", "-000043-03-15"],
  ["date_far", "DATE '20000-01-01'", "+020000-01-01"],
  ["date_infinity", "'infinity'::DATE"],
  ["time", "TIME '01:02:03.000004'"],
  ["time_ns", "TIME_NS '23:59:59.123456789'"],
  ["time_end", "TIME '24:00:00'"],
  ["interval_back", "INTERVAL '-1 month -3 days -00:00:00.5'"],
  ["bit_long", "repeat('10', 100)::BIT"],
  ["enum_long", "'a value of more than twelve bytes'::ENUM('a', 'a value of more than twelve bytes')"],
  ["blob_long", "repeat('\\x0A', 20)::BLOB", `\\x${"0a".repeat(20)}`],
  ["time_tz", "TIMETZ '01:02:03+05:30'"],
  ["timestamp", "TIMESTAMP '2024-02-29 01:02:03'", "2024-02-29T01:02:03.000Z"],
  ["timestamp_us", "TIMESTAMP '2024-02-29 01:02:03.000004'", "2024-02-29T01:02:03.000004Z"],
  ["timestamp_old", "TIMESTAMP '1969-12-31 23:59:59.999999'", "1969-12-31T23:59:59.999999Z"],
  ["timestamp_far", "TIMESTAMP '290000-01-01 00:00:00.5'", "+290000-01-01T00:00:00.500Z"],
  ["timestamp_infinity", "'-infinity'::TIMESTAMP"],
  ["timestamp_s", "TIMESTAMP_S '2024-02-29 01:02:03'", "2024-02-29T01:02:03.000Z"],
  ["timestamp_ms", "TIMESTAMP_MS '2024-02-29 01:02:03.004'", "2024-02-29T01:02:03.004Z"],
  ["timestamp_ns", "TIMESTAMP_NS '2024-02-29 01:02:03.000000005'", "2024-02-29T01:02:03.000000005Z"],
  ["timestamp_tz", "TIMESTAMPTZ '2024-02-29 01:02:03+02'", "2024-02-28T23:02:03.000Z"],
  ["interval", "INTERVAL '1 year 2 months 3 days 04:05:06.7'"],
  ["uuid", "UUID 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
  ["bit", "'10101'::BIT"],
  ["blob", "'\\xAA\\x00b'::BLOB", "\\xaa0062"],
  ["text", "'it''s \"quoted\", ' || chr(10) || chr(128640)"],
  ["text_mark", "chr(65279) || 'marked'", "\uFEFFmarked"],
  ["text_long_mark", "chr(65279) || repeat('long', 10)", `\uFEFF${"long".repeat(10)}`],
  ["text_empty", "''"],
  ["enum", "'b'::ENUM('a', 'b')"],
  ["json", `'{"a": [1, 2.50]}'::JSON`],
  ["list", "[1, NULL, 9007199254740993]", "[1,null,9007199254740993]"],
  ["list_decimal", "[1.10::DECIMAL(4,2)]", "[1.10]"],
  ["list_float", "[0.1::FLOAT, 'nan'::FLOAT]", '[0.1,"NaN"]'],
  ["list_time", "[TIMESTAMP '2024-02-29 01:02:03.000004']", '["2024-02-29T01:02:03.000004Z"]'],
  ["array", "[1, 2]::INTEGER[2]", "[1,2]"],
  ["struct", "{'b': 1, 'a': NULL, '1': [{'x': 'y'}]}", '{"b":1,"a":null,"1":[{"x":"y"}]}'],
  ["map", "MAP {'10': 1, '9': NULL}", '{"10":1,"9":null}'],
  ["map_numbers", "MAP {1: DATE '2024-02-29'}", '{"1":"2024-02-29"}'],
  ["union", "union_value(num := 2)", '{"num":2}'],
];

const folder = mkdtempSync(join(tmpdir(), "stream-csv-types-"));
after(() => {
  rmSync(folder, { recursive: true });
});

test("writes a value and a null of every type of DuckDB's exactly", async () => {
  const { path, casts } = await writeTable();
  const source = await openSource(path);
  const [values, nulls] = await readRows(source);
  await source.close();
  for (const [index, [name, expression, text]] of cases.entries()) {
    assert.equal(values?.[index], text ?? casts[index], `${name}: ${expression}`);
    assert.equal(nulls?.[index], "NULL", `a null of the type of ${name}`);
  }
});

test("writes every type in every dialect as csv-stringify does", async () => {
  const { path } = await writeTable();
  const source = await openSource(path);
  for (const name of Object.keys(dialects) as DialectName[]) {
    for (const quoting of ["minimal", "strings", "all"] as const) {
      const dialect = resolveDialect(name, { quoting, nonFinite: "text" });
      const fast = new CsvEncoder(source.columns, dialect);
      const general = new CsvEncoder(source.columns, dialect, "csv-stringify");
      for await (const batch of source.read({ signal: new AbortController().signal }))
        assert.equal(
          Buffer.from(fast.encode(batch)).toString(),
          Buffer.from(general.encode(batch)).toString(),
          `dialect ${name}, quoting ${quoting}`,
        );
      assert.equal(fast.guardedCells, general.guardedCells);
    }
  }
  await source.close();
});

test("times and UUIDs aren't text, which a dialect may quote, and bit strings are", async () => {
  const path = join(mkdtempSync(join(folder, "texts-")), "texts.duckdb");
  const values = `TIME '01:02:03' AS a, '01:02:03+02'::TIMETZ AS b, UUID 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' AS c, '0010'::BIT AS d`;
  await runSql([`CREATE TABLE t AS SELECT ${values}`], path);
  const source = await openSource(path);
  assert.deepEqual(
    source.columns.map(({ type }) => type),
    ["time", "time", "uuid", "text"],
  );
  const chunks: Uint8Array[] = [];
  for await (const chunk of csvChunks(source, { dialect: "unix", header: false, quoting: "strings" }))
    chunks.push(chunk);
  await source.close();
  assert.equal(
    Buffer.concat(chunks).toString(),
    '01:02:03,01:02:03+02,a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,"0010"\n',
  );
});

test("describes every column of a table by name and type", async () => {
  const { path } = await writeTable();
  const source = await openSource(path, { table: "t" });
  const types = new Map(source.columns.map((column) => [column.name, column.type]));
  await source.close();
  assert.deepEqual(
    [...types.keys()],
    cases.map(([name]) => name),
  );
  const expected = {
    ubigint: "integer",
    decimal_18: "decimal(18,2)",
    timestamp_tz: "timestamp",
    time_tz: "time",
    uuid: "uuid",
    blob: "bytes",
    struct: "json",
    json: "json",
    enum: "text",
    float: "float",
  };
  for (const [name, type] of Object.entries(expected)) assert.equal(types.get(name), type, name);
  assert.equal(source.rowCount, 2);
});

/** A table with a row of every value and a row of nulls, and what DuckDB itself makes of the values as text. */
async function writeTable(): Promise<{ readonly path: string; readonly casts: readonly unknown[] }> {
  const path = join(mkdtempSync(join(folder, "table-")), "types.duckdb");
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  const columns = cases.map(([name, expression]) => `${expression} AS "${name}"`);
  await connection.run(`CREATE TABLE t AS SELECT ${columns.join(", ")}`);
  await connection.run(`INSERT INTO t VALUES (${cases.map(() => "NULL").join(", ")})`);
  const texts = cases.map(([name]) => `"${name}"::VARCHAR`);
  const rows = await (await connection.run(`SELECT ${texts.join(", ")} FROM t LIMIT 1`)).getRows();
  connection.closeSync();
  instance.closeSync();
  return { path, casts: rows[0] ?? [] };
}

async function readRows(source: Source): Promise<readonly (readonly string[])[]> {
  const dialect = resolveDialect("unix", { nonFinite: "text", nullValue: "NULL", header: false });
  const encoder = new CsvEncoder(source.columns, dialect);
  const chunks: Uint8Array[] = [];
  for await (const batch of source.read({ signal: new AbortController().signal }))
    chunks.push(encoder.encode(batch));
  return parse(Buffer.concat(chunks));
}
