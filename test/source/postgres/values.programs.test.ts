import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { vectorValue } from "../../../src/csv/vector-value.ts";
import type { PostgresDatabase } from "../../../src/source/postgres/database.ts";
import { hardValues, literal, setUp } from "./hard-values.ts";
import { describe, openDatabase, server, skip, sourceOf, stopServer, textOf } from "./postgres-source.ts";

let database: PostgresDatabase;
/** Extensions with types of hard values that are there. */
const extensions = new Set<string>();
before(async () => {
  if (skip !== false) return;
  database = await openDatabase();
  server().run(setUp);
  const available = server().run("COPY (SELECT name FROM pg_available_extensions) TO STDOUT");
  const names = new Set(available.toString().split("\n"));
  for (const { extension } of hardValues) {
    if (extension === undefined || !names.has(extension) || extensions.has(extension)) continue;
    server().run(`CREATE EXTENSION ${extension}`);
    extensions.add(extension);
  }
});
after(async () => {
  if (skip !== false) return;
  await database.close();
  stopServer();
});

/** What COPY writes for queries, one behind the other. */
function copied(...queries: readonly string[]): string {
  const copies = queries.map((sql) => `COPY (${sql}) TO STDOUT WITH (FORMAT csv, HEADER);`);
  return server()
    .run(`SET TimeZone = 'UTC'; ${copies.join(" ")}`)
    .toString("utf8");
}

for (const { type, values, extension } of hardValues)
  test(`writes ${type} as COPY does, byte for byte`, { skip }, async (t) => {
    if (extension !== undefined && !extensions.has(extension)) {
      t.skip(`the extension ${extension} isn't installed: apt-get install postgresql-contrib`);
      return;
    }
    const cells = [...values.map((value) => literal(value, type)), `NULL::${type}`];
    const rows = `(VALUES ${cells.map((cell) => `(${cell})`).join(", ")}) AS t (v)`;
    const table = `SELECT row_number() OVER () AS n, v, v AS again FROM ${rows}`;
    const chosen = `SELECT v AS again, row_number() OVER () AS n FROM ${rows}`;
    // Arrays of arrays must be of one size.
    const list = type.endsWith("[]") ? `ARRAY[${cells[0]}]` : `ARRAY[${cells.join(", ")}]`;
    const nested = `SELECT ${list} AS list, ROW(${cells.join(", ")}, 'a "b", c') AS record`;
    const source = await sourceOf(database, table);
    const texts = [
      await textOf(source, { dialect: "postgres" }),
      await textOf(source, { dialect: "postgres", columns: ["again", "n"] }),
      await textOf(await sourceOf(database, nested), { dialect: "postgres" }),
    ];
    assert.equal(texts.join(""), copied(table, chosen, nested));
  });

/** As a foreign table, a function in C or a server that only speaks the protocol may have it: nothing but an assignment enforces the type. */
function declareOnly(table: string, column: string, precision: number, scale: number): void {
  server().run(`UPDATE pg_attribute SET atttypmod = ((${precision} << 16) | ${scale}) + 4
    WHERE attrelid = '${table}'::regclass AND attname = '${column}'`);
}

test("writes every digit of a numeric that has others than its type says", { skip }, async () => {
  const values = ["1.50", "1.23456", "7", "123456789012.5", "1e30", "-0.001", "-99999999.99", "99999999.995"];
  values.push("999999999999999.999", "-1000000000000000000", "9223372036854775808.000000", "1e-30", "NULL");
  values.push("'NaN'", "'Infinity'", "'-Infinity'");
  const types = [
    [9, 2],
    [4, 4],
    [9, 0],
    [15, 5],
    [18, 6],
    [18, 0],
  ] as const;
  const columns = types.map((_, index) => `v${index}`);
  server().run(`CREATE TABLE looser (${columns.map((name) => `${name} numeric`).join(", ")});
    ${values.map((value) => `INSERT INTO looser VALUES (${columns.map(() => value).join(", ")});`).join(" ")}`);
  for (const [index, [precision, scale]] of types.entries())
    declareOnly("looser", `v${index}`, precision, scale);
  // One value at a time, since one of them decides how those beside it are read.
  for (const [place, value] of values.entries()) {
    const sql = `SELECT * FROM looser OFFSET ${place} LIMIT 1`;
    assert.equal(await textOf(await sourceOf(database, sql), { dialect: "postgres" }), copied(sql), value);
  }
  const all = "SELECT * FROM looser";
  assert.equal(await textOf(await sourceOf(database, all), { dialect: "postgres" }), copied(all));
  const some = await sourceOf(database, "SELECT v0 FROM looser LIMIT 3");
  assert.equal(
    await textOf(some, { dialect: "excel-eu", bom: false, header: false }),
    "1,50\r\n1,23456\r\n7\r\n",
  );
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

test("bit strings and single characters are texts, which may begin with zeros", { skip }, async () => {
  const source = await sourceOf(
    database,
    `SELECT B'0010' AS fixed, '001'::varbit AS varying, '0'::"char" AS letter, '00:01'::time AS at`,
  );
  assert.equal(
    await textOf(source, { dialect: "unix", header: false, quoting: "strings" }),
    '"0010","001","0",00:01:00\n',
  );
  assert.equal(
    await textOf(source, { dialect: "excel", bom: false, header: false, textNumbers: "formula" }),
    '"=""0010""","=""001""",0,00:01:00\r\n',
  );
});

test("a parameter whose type nothing tells is text, and leaves those of others alone", { skip }, async () => {
  const sql = `SELECT v FROM (VALUES ('sad'::mood), ('very, happy')) AS t (v)
    WHERE :first IS NOT NULL AND v = :mood AND :last IS NOT NULL`;
  const source = await sourceOf(database, sql, { first: "1", mood: "sad", last: "2" });
  assert.equal(await textOf(source, { dialect: "unix", header: false }), "sad\n");
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

test("instants have each microsecond, wherever their number is rounded on the way", { skip }, async () => {
  // Counted from 2000, numbers before 1714 are beyond those that a double holds; counted from 1970, only those before 1684 are.
  const sql = `SELECT i, i AT TIME ZONE 'UTC' AS zoned FROM generate_series(0, 70) AS n, LATERAL (SELECT
    timestamp '1685-01-01 00:00:00.123457' + n * interval '5 months 1.000001 seconds' AS i) AS t`;
  assert.equal(await textOf(await sourceOf(database, sql), { dialect: "postgres" }), copied(sql));
});

/** All values of the tables above: a column for each type. */
function allValues(): string {
  const types = hardValues.filter(({ extension }) => extension === undefined || extensions.has(extension));
  const rowCount = Math.max(...types.map(({ values }) => values.length));
  const rows = Array.from({ length: rowCount }, (_, row) => {
    const cells = types.map(({ type, values }, column) => {
      const value = values[row];
      return `${value === undefined ? `NULL::${type}` : literal(value, type)} AS c${column}`;
    });
    return `SELECT ${row} AS n, ${cells.join(", ")}`;
  });
  return `SELECT * FROM (${rows.join(" UNION ALL ")}) AS t ORDER BY n`;
}

test(
  "guards texts of a type whose category is an extension's own, of pseudo-types and of operators",
  { skip },
  async () => {
    server().run(`CREATE TYPE code;
    CREATE FUNCTION code_in(cstring) RETURNS code LANGUAGE internal IMMUTABLE STRICT AS 'textin';
    CREATE FUNCTION code_out(code) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
    CREATE TYPE code (INPUT = code_in, OUTPUT = code_out, LIKE = text, CATEGORY = 'k')`);
    const sql = `SELECT '=1+1'::code AS a, textout('=2+2') AS b, '@x'::xml AS c, '-5'::money AS d, ROW(1) AS e, '{-1}'::int[] AS f, '=(int,int)'::regoperator AS g`;
    const source = await sourceOf(database, sql);
    assert.equal(
      await textOf(source, { dialect: "excel", bom: false, header: false }),
      "'=1+1,'=2+2,'@x,-$5.00,(1),{-1},\"'=(integer,integer)\"\r\n",
    );
    assert.equal(
      await textOf(source, { dialect: "unix", header: false, quoting: "strings" }),
      '"=1+1","=2+2","@x",-$5.00,(1),{-1},"=(integer,integer)"\n',
    );
  },
);

const roleSettings: readonly (readonly [role: string, settings: Readonly<Record<string, string>>])[] = [
  [
    "sql",
    {
      TimeZone: "'Asia/Kolkata'",
      DateStyle: "'SQL, DMY'",
      client_encoding: "LATIN1",
      extra_float_digits: "-15",
      bytea_output: "escape",
      IntervalStyle: "sql_standard",
      standard_conforming_strings: "off",
    },
  ],
  [
    "german",
    {
      TimeZone: "'America/St_Johns'",
      DateStyle: "German",
      client_encoding: "SJIS",
      extra_float_digits: "3",
      bytea_output: "hex",
      IntervalStyle: "iso_8601",
      backslash_quote: "off",
    },
  ],
  [
    "verbose",
    {
      TimeZone: "'Pacific/Apia'",
      DateStyle: "'Postgres, MDY'",
      client_encoding: "EUC_JP",
      extra_float_digits: "0",
      bytea_output: "escape",
      IntervalStyle: "postgres_verbose",
    },
  ],
];
for (const [role, settings] of roleSettings)
  test(`isn't led astray by what is set for the role "${role}"`, { skip }, async () => {
    const sets = Object.entries(settings).map(
      ([name, value]) => `ALTER ROLE ${role} SET ${name} = ${value};`,
    );
    server().run(`CREATE ROLE ${role} LOGIN SUPERUSER; ${sets.join(" ")}`);
    const odd = await openDatabase({ url: server().url.replace("test@", `${role}@`) });
    try {
      const source = await sourceOf(odd, allValues());
      assert.equal(await textOf(source, { dialect: "postgres" }), copied(allValues()));
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
  const limit = {
    code: "SCSV_QUERY_FAILED",
    message: /at most 67108864/,
    hint: /cut their values in the SQL/,
  };
  await assert.rejects(textOf(source), limit);
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
