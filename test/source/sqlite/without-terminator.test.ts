import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type Database from "better-sqlite3";
import * as fc from "fast-check";
import { withoutTerminator } from "../../../src/source/sqlite/without-terminator.ts";
import { skip } from "./sqlite-file.ts";

let database: Database.Database;
before(async () => {
  if (skip !== false) return;
  const { default: Driver } = await import("better-sqlite3");
  database = new Driver(":memory:");
});
after(() => {
  if (skip === false) database.close();
});

const cases: readonly (readonly [sql: string, text: string])[] = [
  ["SELECT 1; -- end", "SELECT 1"],
  ["SELECT 1 ;\n; /* a /* ; */ -- c", "SELECT 1 "],
  ["SELECT 1; /* without an end", "SELECT 1"],
  ["SELECT 1 /* without an end;", "SELECT 1 "],
  ["SELECT 1 /*/", "SELECT 1 "],
  ["SELECT 1; SELECT 2;", "SELECT 1; SELECT 2"],
  ["SELECT 1 -- ;", "SELECT 1 -- ;"],
  ["SELECT 1 -- ;\n;", "SELECT 1 -- ;\n"],
  ["SELECT ';''', \";\"\"\", [;], `;` ;", "SELECT ';''', \";\"\"\", [;], `;` "],
  ["SELECT ';", "SELECT ';"],
  ["SELECT '\\'; -- '", "SELECT '\\'"],
  ["SELECT [a'];", "SELECT [a']"],
];
for (const [sql, text] of cases)
  test(`leaves out the semicolon at the end of ${JSON.stringify(sql)}`, () => {
    assert.equal(withoutTerminator(sql), text);
  });

const piece = fc.constantFrom(
  ..."';\"[]`-/*\n x1,\\".split(""),
  ..."'' ;; -- /* */ 'a' \"b\" [c] `d` /*e*/ --f\n AS".split(" "),
);

/** What a statement gives; undefined where SQLite refuses it. */
function result(sql: string): string | undefined {
  try {
    return JSON.stringify(database.prepare(sql).raw(true).all());
  } catch {
    return undefined;
  }
}

test("leaves a statement that SQLite takes for one, and for the same, within brackets", { skip }, () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (parts) => {
      const sql = `SELECT 1 ${parts.join("")}`;
      const wanted = result(sql);
      if (wanted === undefined) return;
      accepted += 1;
      const text = withoutTerminator(sql);
      if (!/;|\/\*/.test(sql)) assert.equal(text, sql);
      assert.equal(result(`SELECT * FROM (\n${text}\n)`), wanted, sql);
    }),
    { numRuns: 20_000 },
  );
  assert.ok(accepted > 1000, `SQLite accepted ${accepted} statements`);
});
