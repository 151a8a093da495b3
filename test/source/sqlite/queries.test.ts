import assert from "node:assert/strict";
import { after, test } from "node:test";
import { csvOf, describeSql, makeDatabase, skip, sqlSource, testFolder } from "./sqlite-file.ts";

const folder = testFolder();
after(() => folder.remove());

function books(): string {
  return makeDatabase(
    folder.path("shop.db"),
    `CREATE TABLE IF NOT EXISTS book (id INTEGER PRIMARY KEY, title TEXT, price DECIMAL(10,2), sold BOOLEAN, day DATE);
     INSERT OR IGNORE INTO book VALUES (1, 'One', 10, 1, '2026-01-01'), (2, 'Two', 12.5, 0, '2026-02-01'),
       (9007199254740993, 'Three', 0.1, 1, '2026-03-01')`,
  );
}

const plain = { header: false } as const;

test("binds each type of parameter, and never puts it into the text", { skip }, async () => {
  const path = books();
  const cases = [
    ["id = :p", { type: "integer" }, "9007199254740993", "Three"],
    ["price = :p", { type: "decimal" }, "12.50", "Two"],
    ["price * 1 = :p", { type: "decimal" }, "10", "One"],
    ["sold = :p", { type: "boolean" }, "false", "Two"],
    ["day >= :p", { type: "date" }, "2026-03-01", "Three"],
    ["title = :p", { type: "text" }, "Two", "Two"],
    ["title = :p OR :p = title", { type: "text" }, "' OR 1=1 --", ""],
    [
      "id IN (SELECT value FROM json_each(:p))",
      { type: "integer", list: true },
      ["1", "9007199254740993"],
      "One\nThree",
    ],
    ["title IN (SELECT value FROM json_each(:p))", { type: "text", list: true }, ['"', "One"], "One"],
    ["sold IN (SELECT value FROM json_each(:p))", { type: "boolean", list: true }, ["false"], "Two"],
    [":p IS NULL", { type: "integer" }, null, "One\nTwo\nThree"],
  ] as const;
  for (const [condition, type, value, expected] of cases) {
    const source = await sqlSource(path, `SELECT title FROM book WHERE ${condition} ORDER BY id`, {
      p: [type, value],
    });
    assert.equal((await csvOf(source, plain)).trimEnd(), expected, condition);
  }
});

test("tells columns and parameters of a query without running it", { skip }, async () => {
  const integer = { type: "integer" } as const;
  const query = await describeSql(
    books(),
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT id, title, price, 1 + 1 AS two, (SELECT count(*) FROM c) AS n FROM book WHERE id > :least AND id < :most AND id <> :least -- end",
    { most: integer, least: integer, unused: integer },
  );
  assert.deepEqual(query.parameters, ["least", "most"]);
  assert.deepEqual(query.columns, [
    { name: "id", type: "integer" },
    { name: "title", type: "text" },
    { name: "price", type: "mixed" },
    { name: "two", type: "mixed" },
    { name: "n", type: "mixed" },
  ]);
});

test("keeps the order of a query, and reads only the rows and columns asked for", { skip }, async () => {
  const source = await sqlSource(books(), "SELECT id, title, price FROM book ORDER BY price DESC");
  assert.equal(await csvOf(source, { ...plain, columns: ["title"] }), "Two\nOne\nThree\n");
  let rows = 0;
  for await (const batch of source.read({ signal: new AbortController().signal, rows: 2, columns: [2, 0] })) {
    assert.equal(batch.columns.length, 2);
    rows += batch.rowCount;
  }
  assert.equal(rows, 2);
  for await (const batch of source.read({ signal: new AbortController().signal, columns: [] }))
    assert.equal(batch.rowCount, 3);
  const none = source.read({ signal: new AbortController().signal, rows: 0 });
  assert.equal((await none[Symbol.asyncIterator]().next()).done, true);
  const beyond = source.read({ signal: new AbortController().signal, columns: [3] });
  await assert.rejects(async () => await beyond[Symbol.asyncIterator]().next(), { code: "SCSV_ARG_RANGE" });
});

test("reads tables of any name", { skip }, async () => {
  const names = ["q", "t", "c0", "stream_csv_rows", "stream_csv_rows_"];
  const path = makeDatabase(
    folder.path("names.db"),
    names.map((name) => `CREATE TABLE ${name} (c0); INSERT INTO ${name} VALUES ('${name}');`).join(""),
  );
  const sql = names.map((name) => `SELECT * FROM ${name.toUpperCase()}`).join(" UNION ALL ");
  assert.equal(await csvOf(await sqlSource(path, sql), plain), `${names.join("\n")}\n`);
});

test("refuses SQL that isn't one reading statement with distinct names", { skip }, async () => {
  const path = books();
  const cases: readonly (readonly [sql: string, message: RegExp])[] = [
    ["SELECT 1 AS a, 2 AS a", /two columns named "a"/],
    ["SELECT 1; SELECT 2", /more than one statement/],
    ["SELECT 1;) SELECT 2;", /more than one statement/],
    ["; -- end", /no statements/],
    ["DELETE FROM book RETURNING id", /it writes to the database/],
    ["DELETE FROM book", /it gives no rows/],
    ["SELECT 1) SELECT * FROM (SELECT 2", /syntax error/],
    ["PRAGMA user_version", /syntax error/],
    ["ATTACH 'other.db' AS other", /it gives no rows/],
    ["SELECT nonesuch FROM book", /no such column: nonesuch/],
    ["SELECT * FROM missing", /no such table: missing/],
    ["", /no statements/],
    ["SELECT ?", /positional parameter/],
    ["SELECT :undeclared AS a", /":undeclared", which isn't declared/],
  ];
  for (const [sql, message] of cases)
    await assert.rejects(describeSql(path, sql), { code: "SCSV_QUERY_FAILED", message }, sql);
  for (const [sql, hint] of [
    ["SELECT nonesuch(1)", /^Correct it, or what it reads/],
    ["SELECT 1; SELECT 2", /^It must be one SELECT/],
    ["SELECT (1", /^It must be one SELECT/],
  ] as const)
    await assert.rejects(describeSql(path, sql), { code: "SCSV_QUERY_FAILED", hint }, sql);
});

test("fails with the last row, without the SQL and values in the message", { skip }, async () => {
  const source = await sqlSource(
    books(),
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3000) SELECT CASE n WHEN 3000 THEN abs(-9223372036854775807 - 1) ELSE n END AS secret FROM c",
  );
  await assert.rejects(csvOf(source), (error: Error & { code: string }) => {
    assert.equal(error.code, "SCSV_QUERY_FAILED");
    assert.match(error.message, /^The query of "query" failed \(SQLITE_ERROR\)\.$/);
    assert.match(String(error.cause), /integer overflow/);
    return true;
  });
});
