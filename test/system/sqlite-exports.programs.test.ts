import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { bearer, token } from "../harness/access-server.ts";
import { runCli, startServe, type ServeProcess } from "../harness/cli.ts";
import { makeDatabase, python, skip, testFolder } from "../source/sqlite/sqlite-file.ts";

const folder = testFolder();
let server: ServeProcess;
let path = "";

before(async () => {
  if (skip !== false) return;
  path = makeDatabase(
    folder.path("shop.sqlite"),
    `CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT, price REAL, kind TEXT);
     INSERT INTO book VALUES (1, 'One, two', 1.5, 'a'), (2, NULL, 9007199254740993, 'b'), (9223372036854775807, 'x', 0.1, 'a');`,
  );
  const configuration = {
    exports: {
      all: { file: "shop.sqlite" },
      books: {
        file: "shop.sqlite",
        sql: "SELECT id, title FROM book WHERE kind IN (SELECT value FROM json_each(:kinds)) AND id >= :least",
        parameters: { kinds: { type: "text", list: true }, least: { type: "integer", default: 0 } },
      },
      ended: { file: "shop.sqlite", sqlFile: "ended.sql" },
      noted: { file: "shop.sqlite", sql: "SELECT 1 AS one -- One;" },
    },
  };
  writeFileSync(
    folder.path("ended.sql"),
    "-- One; two.\r\nSELECT id\r\nFROM book WHERE kind = 'b' AND title IS NOT ';' ; \r\n;\r\n/* the end; */",
  );
  writeFileSync(folder.path("stream-csv.json"), JSON.stringify(configuration));
  server = await startServe([], { cwd: folder.path("") });
});
after(async () => {
  if (skip === false) await server[Symbol.asyncDispose]();
  folder.remove();
});

for (const delivery of ["streaming", "buffered", "file"]) {
  test(`a query of a SQLite file is exported by delivery=${delivery}`, { skip }, async () => {
    const answer = await fetch(`${server.url}/exports/books.csv?kinds=a,c&delivery=${delivery}`);
    assert.equal(await answer.text(), 'id,title\r\n1,"One, two"\r\n9223372036854775807,x\r\n');
    const some = await fetch(
      `${server.url}/exports/books.csv?kinds=a&kinds=b&least=2&rows=1&delivery=${delivery}`,
    );
    assert.equal(await some.text(), "id,title\r\n2,\r\n");
  });
}

test("numbers of YAML are values of parameters as they are written", { skip }, async () => {
  const { name, sha256 } = token("seven");
  const yaml = `
exports:
  shops:
    file: shop.sqlite
    sql: SELECT :code AS code, :area AS area, typeof(:size) || :size AS size
    parameters:
      code: { type: text }
      area: { type: text, default: 01.50, oneOf: [01.50, 2] }
      size: { type: integer, default: 8 }
tokens:
  - { name: ${name}, sha256: ${sha256}, parameters: { code: 007 } }
`;
  const file = folder.path("spelled.yaml");
  writeFileSync(file, yaml);
  await using own = await startServe(["--config", file]);
  const answer = await fetch(`${own.url}/exports/shops.csv`, bearer("seven"));
  assert.equal(await answer.text(), "code,area,size\r\n007,01.50,integer8\r\n");
});

test("a number has each spelling that its file gives it, as the value of a parameter", { skip }, async () => {
  const numbers = {
    yaml: ["+491701234567", "1e5", "0x1F", ".5", "0.12345678901234567890"],
    json: ["1.50", "1E5", "-0", "0.12345678901234567890"],
  };
  for (const [ending, spellings] of Object.entries(numbers)) {
    const names = spellings.map((_, index) => `p${index}`);
    const sql = `SELECT ${names.map((name) => `:${name} AS ${name}`).join(", ")}, :again AS again`;
    const declared = [...names, "again"].map((name) => `"${name}": { "type": "text" }`);
    const given = spellings.map((number, index) => `"p${index}": ${index === 0 ? "&first " : ""}${number}`);
    const { name, sha256 } = token("numbers");
    const values = [...given, ending === "yaml" ? '"again": *first' : `"again": ${spellings[0]}`];
    const text = `{
      "exports": { "all": { "file": "shop.sqlite", "sql": "${sql}", "parameters": { ${declared.join(", ")} } } },
      "tokens": [{ "name": "${name}", "sha256": "${sha256}", "parameters": { ${values.join(", ")} } }]
    }`;
    const file = folder.path(`spellings.${ending}`);
    writeFileSync(file, ending === "yaml" ? text : text.replace("&first ", ""));
    await using own = await startServe(["--config", file]);
    const answer = await fetch(`${own.url}/exports/all.csv?header=false`, bearer("numbers"));
    assert.equal(await answer.text(), `${[...spellings, spellings[0]].join(",")}\r\n`);
  }
});

test("SQL in a file may end with a semicolon", { skip }, async () => {
  const answer = await fetch(`${server.url}/exports/ended.csv`);
  assert.equal(await answer.text(), "id\r\n2\r\n");
  assert.equal(await (await fetch(`${server.url}/exports/noted.csv`)).text(), "one\r\n1\r\n");
});

test("a table of it is an export, too", { skip }, async () => {
  const answer = await fetch(`${server.url}/exports/all.book.csv?columns=price,id&rows=1`);
  assert.equal(await answer.text(), "price,id\r\n1.5,1\r\n");
});

test("its version is that of the file: 304 until something is committed", { skip }, async () => {
  const url = `${server.url}/exports/books.csv?kinds=b&delivery=file`;
  const first = await fetch(url);
  await first.arrayBuffer();
  const headers = { "If-None-Match": first.headers.get("etag") ?? "" };
  assert.equal((await fetch(url, { headers })).status, 304);
  python(
    "import sqlite3; c = sqlite3.connect(sys.argv[1]); c.execute(\"INSERT INTO book VALUES (7, 'new', 1, 'b')\"); c.commit()",
    [path],
  );
  const changed = await fetch(url, { headers });
  assert.equal(changed.status, 200);
  assert.equal(await changed.text(), "id,title\r\n2,\r\n7,new\r\n");
});

test("a parameter that isn't allowed is a 400; check says what a query needs", { skip }, async () => {
  const answer = await fetch(`${server.url}/exports/books.csv?kinds=a&least=x`);
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /\\"x\\" is not a whole number/);
  const file = folder.path("bad.json");
  const exports = { bad: { file: "shop.sqlite", sql: "SELECT missing FROM book" } };
  writeFileSync(file, JSON.stringify({ exports }));
  const { exitCode, stderr } = await runCli(["check", "--config", file]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /The SQL of "bad" can't be used: no such column: missing/);
  writeFileSync(file, JSON.stringify({ exports: { bad: { file: "a.parquet", sql: "SELECT 1" } } }));
  assert.match(
    (await runCli(["check", "--config", file])).stderr,
    /has SQL for "a\.parquet", which is not a SQLite file/,
  );
});
