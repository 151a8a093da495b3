import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openSource } from "../../../src/index.ts";
import { csvOf, makeDatabase, skip, testFolder } from "./sqlite-file.ts";

const folder = testFolder();
after(() => folder.remove());

test("says how long a value may be, and how to read a part of a longer one", { skip }, async () => {
  const path = makeDatabase(
    folder.path("long.db"),
    "CREATE TABLE t (id); INSERT INTO t VALUES (1); CREATE VIEW v AS SELECT id, zeroblob(600000000) AS scan FROM t",
  );
  const source = await openSource(path, { table: "v" });
  await assert.rejects(csvOf(source), {
    code: "SCSV_SOURCE_UNREADABLE",
    message: 'Reading "long.v" failed: a value is longer than 512 MiB, the most that can be read.',
    hint: "Leave its column out with --columns, or take parts of it with a query: substr(column, 1, 1000000).",
  });
});
