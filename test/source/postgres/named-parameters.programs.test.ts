import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as fc from "fast-check";
import { Client } from "pg";
import { toPositional } from "../../../src/source/postgres/named-parameters.ts";
import { server, skip, stopServer } from "./postgres-source.ts";

/** Random statements that are held against PostgreSQL: `RANDOM_STATEMENTS=20000` for a long run. */
const runs = Number(process.env["RANDOM_STATEMENTS"] ?? 1000);

let client: Client;
before(async () => {
  if (skip !== false) return;
  client = new Client({ connectionString: server().url });
  await client.connect();
});
after(async () => {
  if (skip !== false) return;
  await client.end();
  stopServer();
});

const replaced: readonly (readonly [sql: string, text: string, names: readonly string[]])[] = [
  ["SELECT :a, :b, :a", "SELECT $1, $2, $1", ["a", "b"]],
  ["SELECT x::int, :a::int", "SELECT x::int, $1::int", ["a"]],
  ["SELECT f(a := :b)", "SELECT f(a := $1)", ["b"]],
  ["SELECT x[1:2], :a", "SELECT x[1:2], $1", ["a"]],
  ["SELECT ':a', \":a\", $$:a$$, $t$:a$t$, :b", "SELECT ':a', \":a\", $$:a$$, $t$:a$t$, $1", ["b"]],
  ["SELECT 'it''s :a', :b", "SELECT 'it''s :a', $1", ["b"]],
  ["SELECT E'\\':a', :b", "SELECT E'\\':a', $1", ["b"]],
  ["SELECT e'a'\n'\\':a', :b", "SELECT e'a'\n'\\':a', $1", ["b"]],
  ["SELECT 'a\\', :b", "SELECT 'a\\', $1", ["b"]],
  ["SELECT -- :a\n:b", "SELECT -- :a\n$1", ["b"]],
  ["SELECT /* :a /* :b */ :c */ :d", "SELECT /* :a /* :b */ :c */ $1", ["d"]],
  ["SELECT a$b$ FROM t WHERE c$b$ = :x", "SELECT a$b$ FROM t WHERE c$b$ = $1", ["x"]],
  ["SELECT 1 WHERE a>:b-:c", "SELECT 1 WHERE a>$1-$2", ["b", "c"]],
  ["SELECT '12:30'::time, :a", "SELECT '12:30'::time, $1", ["a"]],
  ["SELECT x[1:n], x[1: :n], :a", "SELECT x[1:n], x[1: $1], $2", ["n", "a"]],
  ["SELECT x[y[1]:n], :a", "SELECT x[y[1]:n], $1", ["a"]],
  [
    "SELECT JSON_OBJECT('a':b, E'c' /* d */ :e, $$f$$:g), :h",
    "SELECT JSON_OBJECT('a':b, E'c' /* d */ :e, $$f$$:g), $1",
    ["h"],
  ],
  ["SELECT JSON_OBJECT(:a:b)", "SELECT JSON_OBJECT($1:b)", ["a"]],
  ["SELECT:a WHERE 1 IN(:b)AND:c", "SELECT $1 WHERE 1 IN($2)AND $3", ["a", "b", "c"]],
  ["SELECT x1:a, x:b", "SELECT x1 $1, x $2", ["a", "b"]],
  ["SELECT :a; -- the :end", "SELECT $1", ["a"]],
  ["SELECT 1 ;\n; /* a /* ; */ b */ -- c", "SELECT 1 ", []],
  ["SELECT 1; SELECT :a;", "SELECT 1; SELECT $1", ["a"]],
  ["SELECT 1; :a", "SELECT 1; $1", ["a"]],
  // To PostgreSQL, a no-break space and a byte order mark are letters.
  ["SELECT 1;\u00a0garbage", "SELECT 1;\u00a0garbage", []],
  ["SELECT 1;\ufeffgarbage;", "SELECT 1;\ufeffgarbage", []],
  ["SELECT ';' -- ;", "SELECT ';' -- ;", []],
  ["SELECT $a$;$a$, E'\\';', \";\" ;", "SELECT $a$;$a$, E'\\';', \";\" ", []],
];

for (const [sql, text, names] of replaced) {
  test(`replaces the parameters of ${JSON.stringify(sql)}`, () => {
    assert.deepEqual(toPositional(sql), { text, names });
  });
}

for (const [sql, message] of [
  ["SELECT 'a", /no end for what begins with "'a" in line 1/],
  ["SELECT\n/* a", /no end for what begins with "\/\* a" in line 2/],
  ["SELECT $a$ b $c$", /no end for what begins with "\$a\$ b \$c\$"/],
  ["SELECT $1", /positional parameter "\$1"/],
  ["SELECT 1 AS a\0", /has a NUL/],
] as const) {
  test(`refuses ${JSON.stringify(sql)}`, () => {
    assert.throws(() => toPositional(sql), { code: "SCSV_ARG_RANGE", message });
  });
}

const piece = fc.oneof(
  fc.constantFrom(
    "'",
    "''",
    '"',
    "\\",
    "$$",
    "$a$",
    "$b",
    "--",
    "/*",
    "*/",
    "\n",
    "\r",
    " ",
    ":",
    "::",
    ":=",
    "e",
    "E",
    "x",
    "1",
    "-",
    "_",
    "é",
    "U&",
    "||",
    ",",
    "[",
    "]",
    ":p",
    ";",
  ),
  fc.string({ maxLength: 3 }).map((text) => text.replaceAll("\0", "")),
);
const body = fc.array(piece, { maxLength: 8 }).map((parts) => parts.join(""));
/** A value that may hold what looks like a parameter, written in one of the ways PostgreSQL has. */
const constant = fc.oneof(
  body.map((text) => `'${text.replaceAll("'", "''")}'`),
  body.map((text) => ` E'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`),
  body.map((text) => ` $q$${text.replaceAll("$", "")}$q$`),
  body.map(
    (text) =>
      `(SELECT "${text.replaceAll('"', "") || "x"}" FROM (SELECT 'v') AS t ("${text.replaceAll('"', "") || "x"}"))`,
  ),
);
const filler = fc.oneof(
  fc.constantFrom(" ", "\n", "\t"),
  body.map((text) => ` --${text.replaceAll(/[\n\r]/g, "")}\n`),
  body.map((text) => ` /*${text.replaceAll(/[*/]/g, "")}*/ `),
  fc.constant(" /* a /* :p */ b */ "),
);
const parameter = fc.constantFrom(":p::text", "(:p)::text", "CAST(:p AS text)");
/** A statement with parameters, and the same with a constant in their places. */
const statement = fc
  .array(fc.tuple(filler, fc.oneof(constant, parameter), filler), { minLength: 1, maxLength: 6 })
  .map((parts) => {
    const list = (value: (text: string) => string): string =>
      parts.map(([before_, text, behind]) => before_ + value(text) + behind).join(",");
    const isParameter = (text: string): boolean => /^(CAST)?\(?:p/.test(text);
    return {
      sql: `SELECT concat_ws('|', ${list((text) => text)})`,
      expected: `SELECT concat_ws('|', ${list((text) => (isParameter(text) ? text.replace(":p", "'the value'") : text))})`,
    };
  });

/** What a statement gives; undefined where PostgreSQL refuses it. */
async function result(text: string, values: readonly string[] = []): Promise<unknown> {
  try {
    const { rows } = await client.query({ text, values: [...values], rowMode: "array" });
    return JSON.stringify(rows);
  } catch {
    return undefined;
  }
}

test("a slice up to a column is one to PostgreSQL, and a word may end at a parameter", { skip }, async () => {
  const sql = "SELECT(ARRAY[1,2,3])[1:n],:a::text FROM(VALUES(2))AS t(n)WHERE:a='the value'";
  const { text, names } = toPositional(sql);
  assert.deepEqual(names, ["a"]);
  assert.equal(await result(text, ["the value"]), '[[[1,2],"the value"]]');
});

test("means the same to PostgreSQL as with a constant in the parameter's place", { skip }, async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(statement, async ({ sql, expected }) => {
      const wanted = await result(expected);
      if (wanted === undefined) return;
      accepted += 1;
      const { text, names } = toPositional(sql);
      assert.equal(await result(text, names.length === 0 ? [] : ["the value"]), wanted);
    }),
    { numRuns: runs },
  );
  assert.ok(accepted > runs / 2, `PostgreSQL accepted ${accepted} of ${runs} statements`);
});

test("leaves alone whatever PostgreSQL accepts as it is", { skip }, async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (parts) => {
      // A slice whose bound is a column can't be told from a parameter, as docs say.
      const sql = `SELECT 1 ${parts.filter((part) => !/[[$]\d*/.test(part) || part.startsWith("$")).join("")}`;
      const wanted = await result(sql);
      if (wanted === undefined) return;
      accepted += 1;
      const { text, names } = toPositional(sql);
      assert.deepEqual(names, []);
      if (!sql.includes(";")) assert.equal(text, sql);
      assert.equal(await result(`${text}\n`), wanted);
      assert.notEqual(await result(`SELECT * FROM (\n${text}\n) AS q`), undefined, sql);
    }),
    { numRuns: runs * 3 },
  );
  assert.ok(accepted > runs / 20, `PostgreSQL accepted ${accepted} statements`);
});
