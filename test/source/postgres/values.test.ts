import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { vectorValue } from "../../../src/csv/vector-value.ts";
import type { PostgresDatabase } from "../../../src/source/postgres/database.ts";
import { describe, openDatabase, server, skip, sourceOf, started, textOf } from "./postgres-source.ts";

let database: PostgresDatabase;
before(async () => {
  if (skip === false) database = await openDatabase();
});
after(async () => {
  if (skip !== false) return;
  await database.close();
  if (typeof started !== "string") started.stop();
});

/** What COPY writes for a query. */
function copied(sql: string): string {
  const text = server().run(`SET TimeZone = 'UTC'; COPY (${sql}) TO STDOUT WITH (FORMAT csv, HEADER)`);
  return text.toString("utf8");
}

/** A type, and values of it that are hard to write. */
const hardValues: readonly (readonly [type: string, values: readonly string[]])[] = [
  ["int2", ["0", "-32768", "32767"]],
  ["int4", ["0", "-2147483648", "2147483647"]],
  ["int8", ["0", "-9223372036854775808", "9223372036854775807", "9007199254740993", "-1"]],
  ["oid", ["0", "4294967295"]],
  ["float4", ["0", "-0", "0.1", "1e-45", "3.4028235e38", "16777216", "1e20"]],
  ["float8", ["0", "-0", "0.1", "5e-324", "1.7976931348623157e308", "1e20", "123456789012345680"]],
  ["numeric", ["0", "-0.00", "1e100", "123456789012345678901234567890.123456789", "0.0000000001", "100"]],
  ["numeric(9,2)", ["0", "-0.01", "9999999.99", "-9999999.99", "0.1", "10000"]],
  ["numeric(15,5)", ["0", "-0.00001", "9999999999.99999", "12345.6789"]],
  ["numeric(18,6)", ["0", "-0.000001", "999999999999.999999", "123456789.123456"]],
  ["numeric(18,0)", ["0", "999999999999999999", "-1", "10000", "9999"]],
  ["numeric(4,4)", ["0", "0.0001", "-0.9999", "0.1"]],
  ["numeric(30,10)", ["0", "12345678901234567890.0123456789", "-0.0000000001"]],
  ["boolean", ["true", "false"]],
  ["bytea", ["\\x", "\\x00ff0a2c22", "\\xdeadbeef"]],
  ["date", ["2024-02-29", "1970-01-01", "0001-01-01", "infinity", "-infinity", "5874897-12-31"]],
  ["date", ["0044-03-15 BC", "4713-01-01 BC"]],
  ["timestamp", ["2024-02-29 12:34:56.789012", "1969-12-31 23:59:59.999999", "infinity", "-infinity"]],
  ["timestamp", ["294276-12-31 23:59:59.999999", "0044-03-15 01:02:03 BC", "4713-01-01 00:00:00 BC"]],
  ["timestamptz", ["2024-02-29 12:34:56.789+05:30", "infinity", "-infinity", "1600-01-01 00:00:00+00"]],
  ["time", ["00:00:00", "23:59:59.999999", "24:00:00"]],
  ["timetz", ["12:34:56+05:30", "00:00:00-12"]],
  ["interval", ["1 year 2 months 3 days 04:05:06.7", "-1 day", "0", "-00:00:01.5"]],
  ["text", ["", " ", 'quote "', "a,b", "line\nbreak", "cr\rlf\r\n", "Grüße 日本 🚀", "\\.", "NULL", "=1+1"]],
  ["varchar(10)", ["", "abc", "äöü"]],
  ["char(5)", ["ab", "", "äöü"]],
  ["name", ["pg_class", 'we"ird']],
  ["json", ['{"a": [1, 2]}', '"text, \\"x\\""', "null", "[ ]", "1.50"]],
  ["jsonb", ['{"a": [1, 2], "b": null}', '"text"', "123456789012345678901234567890"]],
  ["xml", ["<a>1</a>", '<a b="c"/>']],
  ["uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]],
  ["inet", ["192.168.0.1", "192.168.0.0/24", "::1"]],
  ["cidr", ["10.0.0.0/8"]],
  ["macaddr", ["08:00:2b:01:02:03"]],
  ["money", ["-1234.50", "0"]],
  ["bit(4)", ["1010"]],
  ["varbit", ["", "101"]],
  ["int4[]", ["{}", "{1,NULL,-3}", "{{1,2},{3,4}}"]],
  ["text[]", ["{}", '{"a,b","c\\"d",NULL,""}']],
  ["int4range", ["empty", "[1,10)", "(,5]"]],
  ["tsrange", ["[2024-01-01,2024-02-01)"]],
  ["int4multirange", ["{[1,3),[5,7)}"]],
  ["point", ["(1,2.5)"]],
  ["tsvector", ["'cat' 'fat':2,4"]],
  ["pg_lsn", ["16/B374D848"]],
  ["mood", ["sad", "very, happy"]],
  ["pair", ['(1,"a,b")', "(,)"]],
  ["positive", ["5"]],
  ["label", ["x", ""]],
];

const setUp = `
  CREATE TYPE mood AS ENUM ('sad', 'very, happy');
  CREATE TYPE pair AS (a int4, b text);
  CREATE DOMAIN positive AS int4 CHECK (value > 0);
  CREATE DOMAIN label AS text;
`;

test("writes every type as COPY does, byte for byte", { skip }, async (t) => {
  server().run(setUp);
  for (const [type, values] of hardValues) {
    await t.test(type, async () => {
      const rows = [
        ...values.map((value) => `('${value.replaceAll("'", "''")}'::${type})`),
        `(NULL::${type})`,
      ];
      const sql = `SELECT row_number() OVER () AS n, v, v AS again FROM (VALUES ${rows.join(", ")}) AS t (v)`;
      assert.equal(await textOf(await sourceOf(database, sql), { dialect: "postgres" }), copied(sql));
    });
  }
});

test("names the types of its columns as other sources do", { skip }, async () => {
  const sql = `SELECT 1::int8 AS a, 1::numeric(10,2) AS b, 1::numeric AS c, 'x'::text AS d, now() AS e, 'sad'::mood AS f,
    '{}'::json AS g, '\\x'::bytea AS h, gen_random_uuid() AS i, '1 day'::interval AS j, 1::float4 AS k, '{1}'::int4[] AS l`;
  const { columns } = await describe(database, sql);
  assert.deepEqual(Object.fromEntries(columns.map(({ name, type }) => [name, type])), {
    a: "integer",
    b: "decimal(10,2)",
    c: "decimal",
    d: "text",
    e: "timestamp",
    f: "text",
    g: "json",
    h: "bytes",
    i: "uuid",
    j: "interval",
    k: "float",
    l: "_int4",
  });
});

test("writes values by the rules of other dialects", { skip }, async () => {
  const sql = `SELECT 1.50::numeric AS price, 2.5::float8 AS ratio, true AS paid, '2024-02-29 12:00:00+00'::timestamptz AS at,
    '=1+1'::text AS formula, 'sad'::mood AS mood, 1234567.89::numeric(10,2) AS sum`;
  const source = await sourceOf(database, sql);
  assert.equal(
    await textOf(source, { dialect: "excel-eu", bom: false, header: false }),
    "1,50;2,5;TRUE;2024-02-29 12:00:00;'=1+1;sad;1234567,89\r\n",
  );
  assert.equal(
    await textOf(source, { dialect: "unix", header: false, quoting: "strings" }),
    '1.50,2.5,true,2024-02-29T12:00:00.000Z,"=1+1","sad",1234567.89\n',
  );
});

test("treats NaN and infinities of numerics as those of floats", { skip }, async () => {
  const sql =
    "SELECT * FROM (VALUES (1.5::numeric, 1.5::numeric(9,2)), ('NaN', 'NaN'), ('-Infinity', NULL)) AS t (a, b)";
  const source = await sourceOf(database, sql);
  assert.equal(
    await textOf(source, { dialect: "unix", header: false, nonFinite: "text" }),
    "1.5,1.50\nNaN,NaN\n-Infinity,\n",
  );
  await assert.rejects(textOf(source, { dialect: "unix" }), { code: "SCSV_NON_FINITE", row: 2, column: "a" });
  assert.equal(
    await textOf(source, { dialect: "postgres", header: false }),
    "1.5,1.50\nNaN,NaN\n-Infinity,\n",
  );
});

test("isn't led astray by what is set for the role", { skip }, async () => {
  server().run(`
    CREATE ROLE odd LOGIN SUPERUSER;
    ALTER ROLE odd SET TimeZone = 'Asia/Kolkata';
    ALTER ROLE odd SET DateStyle = 'SQL, DMY';
    ALTER ROLE odd SET client_encoding = 'LATIN1';
    ALTER ROLE odd SET extra_float_digits = -15;
    ALTER ROLE odd SET bytea_output = 'escape';
    ALTER ROLE odd SET IntervalStyle = 'sql_standard';
    ALTER ROLE odd SET standard_conforming_strings = off;
  `);
  const odd = await openDatabase({ url: server().url.replace("test@", "odd@") });
  const sql = `SELECT '2024-02-29 12:00:00+00'::timestamptz AS a, 'Grüße €' AS b, 0.1::float8 AS c, '\\xff'::bytea AS d,
    '1 day 2 hours'::interval AS e, ARRAY['2024-02-29'::date] AS f, 'a\\b' AS g`;
  try {
    assert.equal(await textOf(await sourceOf(odd, sql), { dialect: "postgres" }), copied(sql));
  } finally {
    await odd.close();
  }
});

test("reads rows larger than one read of the socket", { skip }, async () => {
  const sql = "SELECT g AS n, repeat('x', 1000000 * g) AS t FROM generate_series(0, 5) AS g";
  assert.equal(await textOf(await sourceOf(database, sql), { dialect: "postgres" }), copied(sql));
});

test("refuses a row of more than 64 MiB, and says so", { skip }, async () => {
  const source = await sourceOf(database, "SELECT repeat('x', 70000000) AS t");
  await assert.rejects(textOf(source), { code: "SCSV_QUERY_FAILED", message: /at most 67108864/ });
});

test("reads only the rows and columns that are asked for", { skip }, async () => {
  const source = await sourceOf(
    database,
    'SELECT g AS n, 1 / (g - 3) AS "a ""b", g * 2 AS d FROM generate_series(1, 9) AS g',
  );
  const { signal } = new AbortController();
  const read = async (options: {
    readonly rows?: number;
    readonly columns?: readonly number[];
  }): Promise<unknown> => {
    const rows: unknown[] = [];
    for await (const batch of source.read({ signal, ...options }))
      for (const column of batch.columns)
        for (let row = 0; row < batch.rowCount; row += 1) rows.push(vectorValue(column, row));
    return rows;
  };
  assert.deepEqual(await read({ rows: 2, columns: [2, 0] }), [2, 4, 1, 2]);
  assert.deepEqual(await read({ rows: 0 }), []);
  // The column that divides by zero is never computed.
  assert.deepEqual(await read({ columns: [0] }), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await assert.rejects(read({}), { code: "SCSV_QUERY_FAILED", message: /SQLSTATE 22012/ });
});
