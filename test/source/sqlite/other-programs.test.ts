// Databases that need something of the program that wrote them. SQLite has it in the file by its name alone.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openSource } from "../../../src/index.ts";
import { openSources } from "../../../src/source/open-source.ts";
import { csvOf, describeSql, makeDatabase, python, skip, sqlSource, testFolder } from "./sqlite-file.ts";

const folder = testFolder();
after(folder.remove);

/** Makes a database with a collation and a function of the program itself, as applications do. */
function applicationDatabase(name: string, script: string): string {
  const path = folder.path(name);
  python(
    `c = sqlite3.connect(sys.argv[1])
c.create_collation("LOCALIZED", lambda one, other: (one > other) - (one < other))
c.create_function("app", 1, lambda value: value, deterministic=True)
c.executescript(sys.stdin.read())
c.commit()`,
    [path],
    script,
  );
  return path;
}

test(
  "reads a table with a collation of another program: whole, in part, and with a text to check",
  { skip },
  async () => {
    const path = applicationDatabase(
      "collation.db",
      `CREATE TABLE t (name TEXT COLLATE LOCALIZED PRIMARY KEY, "a ""b""", "" TEXT COLLATE LOCALIZED);
     CREATE INDEX i ON t (name COLLATE LOCALIZED DESC);
     INSERT INTO t VALUES ('x', 1, 'é'), ('y', NULL, char(65533)), ('z', x'00ff', '');`,
    );
    const source = await openSource(path);
    assert.equal(await csvOf(source), 'name,"a ""b""",""\nx,1,é\ny,,\uFFFD\nz,\\x00ff,""\n');
    assert.equal(await csvOf(source, { columns: ['a "b"', "name"] }), '"a ""b""",name\n1,x\n,y\n\\x00ff,z\n');
    await source.close();
    await assert.rejects(describeSql(path, "SELECT name FROM t"), {
      code: "SCSV_QUERY_FAILED",
      message: /no such collation sequence: LOCALIZED\.$/,
      hint: /^Give each column .* SELECT name COLLATE BINARY AS name/,
    });
    const query = await sqlSource(path, "SELECT name COLLATE BINARY AS name FROM t ORDER BY 1");
    assert.equal(await csvOf(query), "name\nx\ny\nz\n");
    await query.close();
  },
);

const left = "If it needs an extension, function or collation of the program that wrote it";

test("leaves out a table that needs more of another program, and --table says why", { skip }, async () => {
  const path = applicationDatabase(
    "function.db",
    `CREATE TABLE computed (a, b AS (app(a)));
     CREATE TABLE sorted (a TEXT COLLATE LOCALIZED PRIMARY KEY) WITHOUT ROWID;
     CREATE VIEW called AS SELECT app(1) AS a;
     CREATE TABLE plain (a);
     INSERT INTO plain VALUES (5);`,
  );
  const sources = await openSources(path);
  assert.deepEqual(
    sources.map(({ name }) => name),
    ["function.plain"],
  );
  await Promise.all(sources.map((source) => source.close()));
  for (const [table, words] of [
    ["computed", /^The table or view "computed" of .* can't be read: unknown function: app\(\)\.$/],
    ["sorted", /^The table or view "sorted" of .* can't be read: no query solution\.$/],
    ["called", /^The table or view "called" of .* can't be read: no such function: app\.$/],
  ] as const)
    await assert.rejects(openSource(path, { table }), {
      code: "SCSV_SOURCE_UNREADABLE",
      message: words,
      hint: new RegExp(`^${left}`),
    });
});

test("says where to write the SELECT of a view that isn't trusted", { skip }, async () => {
  const path = makeDatabase(
    folder.path("search.db"),
    `CREATE VIRTUAL TABLE page USING fts5(title);
     INSERT INTO page VALUES ('One two'), ('Three');
     CREATE VIEW ones AS SELECT title FROM page WHERE page MATCH 'one';`,
  );
  const refusal = {
    message: /: unsafe use of MATCH\(\)\.$/,
    hint: /Write its SELECT as the sql of an export\.$/,
  };
  await assert.rejects(openSource(path, { table: "ones" }), { code: "SCSV_SOURCE_UNREADABLE", ...refusal });
  await assert.rejects(describeSql(path, "SELECT * FROM ones"), { code: "SCSV_QUERY_FAILED", ...refusal });
  const query = await sqlSource(path, "SELECT title FROM page WHERE page MATCH 'one'");
  assert.equal(await csvOf(query), "title\nOne two\n");
  await query.close();
});

test("says how to write a text that a view of another program has in double quotes", { skip }, async () => {
  const path = folder.path("double-quotes.db");
  // Python's SQLite takes it for a text, as that of Android does.
  python(
    `database = sqlite3.connect(sys.argv[1])
database.execute("CREATE TABLE person (name)")
database.execute("INSERT INTO person VALUES ('Ann')")
database.execute('CREATE VIEW greeting AS SELECT name || "|" AS text FROM person')
database.commit()`,
    [path],
  );
  const refusal = {
    message: /: no such column: "\|" - should this be a string literal in single-quotes\?\.$/,
    hint: /^Put a text in single quotes; .* Write the SELECT of a view, corrected, as the sql of an export\.$/,
  };
  await assert.rejects(openSource(path, { table: "greeting" }), {
    code: "SCSV_SOURCE_UNREADABLE",
    ...refusal,
  });
  await assert.rejects(describeSql(path, "SELECT * FROM greeting"), {
    code: "SCSV_QUERY_FAILED",
    ...refusal,
  });
  const query = await sqlSource(path, "SELECT name || '|' AS text FROM person");
  assert.equal(await csvOf(query), "text\nAnn|\n");
  await query.close();
});

test("refuses a database of which nothing can be read, and names what it has", { skip }, async () => {
  const path = makeDatabase(
    folder.path("views.db"),
    "CREATE VIEW one AS SELECT * FROM gone; CREATE VIEW two AS SELECT app(1) AS a;",
  );
  await assert.rejects(openSource(path), {
    code: "SCSV_SOURCE_UNREADABLE",
    message: `${JSON.stringify(path)} has no table or view that can be read; it has one, two.`,
    hint: "Name one of them with --table to see why.",
  });
});
