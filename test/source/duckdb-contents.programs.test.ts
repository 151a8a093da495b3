import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openSource } from "../../src/index.ts";
import { openSources } from "../../src/source/open-source.ts";
import { isEncrypted } from "../../src/source/duckdb/parquet-footer.ts";
import { guardFile } from "../../src/source/guarded-file.ts";
import { readFile, runSql, testFolder, textOf, writeParquet } from "./duckdb-files.ts";

const folder = testFolder("contents");

async function cellsOfSelect(name: string, select: string): Promise<readonly string[][]> {
  const path = join(folder, `${name}.parquet`);
  await writeParquet(path, select);
  return (await readFile(path)).cells;
}

test("nested values keep a byte order mark, keys of the prototype, and dates as plain keys", async () => {
  const cells = await cellsOfSelect(
    "nested",
    `SELECT chr(65279) || 'a' AS t, [chr(65279) || 'a', chr(65279), 'b'] AS l,
       {'k': chr(65279) || 'a longer text than twelve bytes'} AS s, MAP {chr(65279) || 'k': chr(65279) || 'v'} AS m,
       {'__proto__': 1, 'constructor': 2} AS p, MAP {DATE '2020-01-01': 1} AS d,
       MAP {TIMESTAMP '2020-01-01 00:00:01': 'x'} AS i, MAP {'__proto__': [{'__proto__': 'y'}]} AS mp,
       MAP {1.50: true} AS n`,
  );
  assert.deepEqual(cells, [
    [
      "\uFEFFa",
      '["\uFEFFa","\uFEFF","b"]',
      '{"k":"\uFEFFa longer text than twelve bytes"}',
      '{"\uFEFFk":"\uFEFFv"}',
      '{"__proto__":1,"constructor":2}',
      '{"2020-01-01":1}',
      '{"2020-01-01T00:00:01.000Z":"x"}',
      '{"__proto__":[{"__proto__":"y"}]}',
      '{"1.50":true}',
    ],
  ]);
});

test("nested values of many rows keep their places, nulls and empty lists among them", async () => {
  const cells = await cellsOfSelect(
    "places",
    `SELECT CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN [] ELSE [{'a': [i, NULL], 'b': 'text number ' || i}] END AS v,
       CASE WHEN i % 3 = 0 THEN NULL ELSE {'x': [i, i + 1]} END AS w FROM range(5000) t(i)`,
  );
  for (const [i, [v, w]] of cells.entries()) {
    const list = `[{"a":[${i},null],"b":"text number ${i}"}]`;
    assert.equal(v, i % 4 === 0 ? "\\N" : i % 4 === 1 ? "[]" : list);
    assert.equal(w, i % 3 === 0 ? "\\N" : `{"x":[${i},${i + 1}]}`);
  }
  assert.equal(cells.length, 5000);
});

/** Puts other bytes in the place of some that occur once in a file, as many. */
function patch(path: string, from: string, to: string): void {
  const bytes = readFileSync(path);
  let found = 0;
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + from.length)) {
    bytes.write(to, at, "latin1");
    found += 1;
  }
  assert.ok(found > 0 && from.length === to.length);
  writeFileSync(path, bytes);
}

test("names of Parquet columns are the file's own: empty, repeated, other in case, with a NUL, read by place", async () => {
  const path = join(folder, "names.parquet");
  await writeParquet(path, "SELECT 1 AS qqqa, 2 AS qqqb, 3 AS qqqc, {'rrra': 4, 'rrrb': 5} AS s");
  patch(path, "qqqb", "QQQA");
  patch(path, "qqqc", "qqqa");
  patch(path, "rrrb", "RRRA");
  assert.deepEqual(await readFile(path), {
    names: ["qqqa", "QQQA", "qqqa_1", "s"],
    cells: [["1", "2", "3", '{"rrra":4,"RRRA":5}']],
  });
  await writeParquet(path, "SELECT 1 AS zzzzb, 2 AS zzzz");
  patch(path, "zzzzb", "zzzz\0");
  const { names, cells } = await readFile(path);
  assert.deepEqual([names, cells], [["zzzz\0", "zzzz"], [["1", "2"]]]);
});

test("geometries of GeoParquet are their bytes in the file, whatever its metadata says of them", async () => {
  // A point in well-known binary (OGC 06-103r4): little-endian, type 1, 30 and 10.
  const point = "01010000000000000000003e400000000000002440";
  const column = { encoding: "WKB", crs: null };
  for (const [name, geo] of Object.entries({
    "version 1": {
      version: "1.0.0",
      primary_column: "g",
      columns: { g: { ...column, geometry_types: ["Point"] } },
    },
    "version 0.4": {
      version: "0.4.0",
      primary_column: "g",
      columns: { g: { ...column, geometry_type: "Point" } },
    },
    "version 0.1": { schema_version: "0.1.0", primary_column: "g", columns: { g: column } },
    "another column": {
      version: "1.0.0",
      primary_column: "h",
      columns: { h: { ...column, geometry_types: [] } },
    },
    none: undefined,
  })) {
    const path = join(folder, `${name}.parquet`);
    const metadata = geo === undefined ? "" : `, KV_METADATA {geo: '${JSON.stringify(geo)}'}`;
    await writeParquet(path, `SELECT 1 AS i, unhex('${point}') AS g`, metadata);
    const source = await openSource(path);
    assert.equal(await textOf(source), `1,\\x${point}\n`, name);
    assert.deepEqual(
      source.columns.map(({ type }) => type),
      ["integer", "bytes"],
    );
    await source.close();
  }
});

test("views are exports beside tables, and those of other files are left out until they are asked for", async () => {
  const path = join(folder, "views.duckdb");
  const outside = join(folder, "outside.csv");
  writeFileSync(outside, "a\nsecret\n");
  await runSql(
    [
      "CREATE TABLE t AS FROM range(3) r(i)",
      "CREATE VIEW doubled AS SELECT 2 * i AS j FROM t",
      "CREATE VIEW qualified AS SELECT * FROM views.main.t",
      `CREATE VIEW elsewhere AS FROM read_csv('${outside}')`,
      "CREATE SCHEMA s",
      "CREATE VIEW s.v AS SELECT 'x' AS k",
    ],
    path,
  );
  const sources = await openSources(path);
  const texts = new Map<string, string>();
  for (const source of sources) texts.set(source.name, await textOf(source));
  assert.deepEqual(Object.fromEntries(texts), {
    "views.doubled": "0\n2\n4\n",
    "views.qualified": "0\n1\n2\n",
    "views.t": "0\n1\n2\n",
    "views.s.v": "x\n",
  });
  assert.deepEqual(
    sources.map(({ rowCount }) => rowCount),
    [null, null, 3, null],
  );
  await Promise.all(sources.map((source) => source.close()));
  await assert.rejects(openSource(path, { table: "elsewhere" }), {
    code: "SCSV_SOURCE_UNREADABLE",
    message: /a view of another file/,
  });
});

test("a database of which nothing can be read is refused, and its view says what it lacks", async () => {
  const path = join(folder, "unreadable.duckdb");
  await runSql(["CREATE TABLE t (x INT)", "CREATE VIEW v AS FROM t", "DROP TABLE t"], path);
  await assert.rejects(openSource(path), {
    code: "SCSV_SOURCE_UNREADABLE",
    message: `${JSON.stringify(path)} has no table or view that can be read; it has v.`,
    hint: "Name one of them with --table to see why.",
  });
  await assert.rejects(openSource(path, { table: "v" }), {
    code: "SCSV_SOURCE_UNREADABLE",
    message: /Table with name t does not exist\.$/,
  });
});

test("two tables whose names would be one are refused, and neither is read for the other", async () => {
  const path = join(folder, "twins.duckdb");
  await runSql(
    [
      `CREATE TABLE "s.t" AS SELECT 1 AS a`,
      "CREATE SCHEMA s",
      "CREATE TABLE s.t AS SELECT 2 AS a",
      "CREATE TABLE other AS SELECT 3 AS a",
    ],
    path,
  );
  for (const table of [undefined, "s.t"])
    await assert.rejects(openSources(path, table === undefined ? {} : { table }), {
      code: "SCSV_SOURCE_UNREADABLE",
      message: `${JSON.stringify(path)} has two tables or views that are called "s.t" here: "twins"."main"."s.t" and "twins"."s"."t".`,
    });
  assert.equal(await textOf(await openSource(path, { table: "other" })), "3\n");
});

test("a view that can't be read is named, and so is the database that it names", async () => {
  const path = join(folder, "first.duckdb");
  await runSql(
    [
      "CREATE TABLE t (x INT)",
      "CREATE VIEW v AS FROM first.main.t",
      "CREATE VIEW w AS FROM t",
      "DROP TABLE t",
    ],
    path,
  );
  const renamed = join(folder, "second.duckdb");
  copyFileSync(path, renamed);
  const subject = (name: string): string => `The view "${name}" of ${JSON.stringify(renamed)} can't be read`;
  await assert.rejects(openSource(renamed, { table: "v" }), {
    code: "SCSV_SOURCE_UNREADABLE",
    message: `${subject("v")}: it names the database "first", as its file was called when the view was made.`,
    hint: "Give the file that name again, with the ending .duckdb, or make the view anew.",
  });
  await assert.rejects(openSource(renamed, { table: "w" }), {
    message: `${subject("w")}: Table with name t does not exist.`,
  });
});

test("a file that a writer's log beside it belongs to is read with the rows of that log", async () => {
  const path = join(folder, "log.duckdb");
  await runSql(["CREATE TABLE t AS SELECT 1 AS i", "CHECKPOINT"], path);
  await runSql(
    ["SET checkpoint_threshold = '1GB'", "PRAGMA disable_checkpoint_on_shutdown", "INSERT INTO t VALUES (2)"],
    path,
  );
  assert.ok(existsSync(`${path}.wal`));
  assert.deepEqual((await readFile(path)).cells, [["1"], ["2"]]);
});

test("a footer of Parquet tells whether anything is encrypted, whatever else it holds", async () => {
  const path = join(folder, "plain.parquet");
  await writeParquet(path, "SELECT i, 'x' || i AS s, [i] AS l FROM range(1000) t(i)", ", ROW_GROUP_SIZE 100");
  const check = async (bytes: Buffer): Promise<boolean> => {
    const checked = join(folder, "checked.parquet");
    writeFileSync(checked, bytes);
    const { handle, sizeBytes, close } = await guardFile(checked);
    try {
      return await isEncrypted(handle, sizeBytes);
    } finally {
      await close();
    }
  };
  const plain = readFileSync(path);
  assert.equal(await check(plain), false);
  assert.equal(await check(Buffer.from("PAR1")), false);
  assert.equal(await check(Buffer.alloc(0)), false);
  const encryptedFooter = Buffer.from(plain);
  encryptedFooter.write("PARE", plain.length - 4);
  assert.equal(await check(encryptedFooter), true);
  // Field 8, a struct, behind the fields that are there.
  const footerBytes = plain.readUInt32LE(plain.length - 8);
  const footer = plain.subarray(plain.length - 8 - footerBytes, plain.length - 9);
  const tail = Buffer.alloc(8);
  const withField = Buffer.concat([footer, Buffer.from([0x0c, 0x10, 0x1c, 0x00, 0x00, 0x00])]);
  tail.writeUInt32LE(withField.length);
  tail.write("PAR1", 4);
  assert.equal(
    await check(Buffer.concat([plain.subarray(0, plain.length - 8 - footerBytes), withField, tail])),
    true,
  );
  // A damaged footer gives an answer too, never an error.
  for (let at = plain.length - 8 - footerBytes; at < plain.length; at += 7) {
    const damaged = Buffer.from(plain);
    damaged[at] = 0xff;
    assert.equal(typeof (await check(damaged)), "boolean");
  }
});
