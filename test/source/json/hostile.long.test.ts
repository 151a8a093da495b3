import assert from "node:assert/strict";
import { test } from "node:test";
import { openJson, rowsOf } from "./json-file.ts";

// What took time or memory beyond its length would keep these tests from ending.

test("a record of 1,000 levels is read, and one of more refused, however deep", async () => {
  const nested = (levels: number): string => `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
  assert.deepEqual(await rowsOf(await openJson(nested(1000))), [[{ json: nested(1000).slice(5, -1) }]]);
  for (const content of [
    nested(1001),
    `{"a":1}\n${'{"a":'.repeat(1001)}`,
    `{"a":1}\n${'{"a":'.repeat(3_000_000)}`,
    "[".repeat(5_000_000),
    `[${'[{"":'.repeat(1_000_000)}`,
  ])
    await assert.rejects(openJson(content), {
      code: "SCSV_SOURCE_UNREADABLE",
      message: /^Record [12] of .*: it is nested deeper than 1000 levels, which is the limit\.$/,
    });
});

test("a record of 20 MB is read, in whatever it is large", async () => {
  const large = 20_000_000;
  const contents = {
    text: `{"a":"${"x".repeat(large)}","b":1}`,
    escapes: `{"a":"${"\\n".repeat(large / 2)}","b":1}`,
    digits: `{"a":${"7".repeat(large)},"b":1}`,
    list: `{"a":[${"1,".repeat(large / 2)}1],"b":1}`,
    objects: `{"a":[${'{"k":1,"l":{}},'.repeat(large / 15)}1],"b":1}`,
    blanks: `{"a":1,${" ".repeat(large)}"b":1}`,
    key: `{"a":{"${"k".repeat(large)}":1},"b":1}`,
  };
  for (const [what, content] of Object.entries(contents)) {
    const source = await openJson(`{"a":0}\n${content}\n{"a":0}`, 64 * 1024);
    const rows = await rowsOf(source);
    assert.equal(rows.length, 3, what);
    assert.deepEqual(rows[1]?.[1], { number: "1" }, what);
  }
});

test("a record beyond 32 MiB is refused with its number, and white space between records isn't counted", async () => {
  const limit = 32 * 1024 ** 2;
  const record = (bytes: number): string => `{"a":"${"x".repeat(bytes - 8)}"}`;
  assert.equal((await openJson(`{"a":1}${" ".repeat(limit)}${record(limit)}`)).rowCount, 2);
  for (const content of [record(limit + 1), `${record(limit + 1)}\n`, `{"a":"${"x".repeat(2 * limit)}`])
    await assert.rejects(openJson(`{"a":1}\n${content}`), {
      code: "SCSV_SOURCE_UNREADABLE",
      message:
        /^Record 2 of .*, at byte 8: it is longer than 32 MiB, which is the limit: divide it into several records\.$/,
    });
});

test("100,000 keys are columns, and one more is refused", async () => {
  const keys = Array.from({ length: 100_000 }, (_, index) => `k${index}`);
  const source = await openJson(`${keys
    .map((key, index) => `{"${key}":${index}}`)
    .slice(0, 50_000)
    .join("\n")}
{${keys
    .toReversed()
    .map((key) => `"${key}":"x"`)
    .join(",")}}`);
  assert.equal(source.columns.length, 100_000);
  assert.deepEqual(source.columns[99_999], { name: "k50000", type: "text" });
  const rows = await rowsOf(source, { columns: [99_999, 7] });
  assert.deepEqual([rows.length, rows[7], rows.at(-1)], [50_001, [null, { number: "7" }], ["x", "x"]]);
  await assert.rejects(openJson(`{${[...keys, "more"].map((key) => `"${key}":1`).join(",")}}`), {
    message: /^Record 1 of .* its key "more" would be column 100001, and 100000 is the limit/,
  });
});

test("keys of 16 MiB together are the limit", async () => {
  const records = Array.from({ length: 17 }, (_, index) => `{"${String(index).padEnd(1024 ** 2, "k")}":1}`);
  const source = await openJson(records.slice(0, 15).join("\n"));
  assert.equal(source.columns.length, 15);
  await assert.rejects(openJson(records.join("\n")), {
    message:
      /^Record 16 of .*: with its key "15k+… the keys of all records are longer than 16 MiB together, which is the limit/,
  });
});

test("a nested object may have a million keys, and one of them twice isn't missed", async () => {
  const fields = Array.from(
    { length: 1_000_000 },
    (_, index) => `"${index % 2 === 0 ? "\\u006b" : "k"}${index}":0`,
  );
  const source = await openJson(`{"a":{${fields.join(",")}}}`);
  assert.equal(source.rowCount, 1);
  fields.push('"k31416":1');
  await assert.rejects(openJson(`{"a":{${fields.join(",")}}}`), { message: /has the key "k31416" twice\.$/ });
});

test("a million records of one letter, and as many objects within one, are read", async () => {
  assert.equal((await openJson("1 ".repeat(1_000_000))).rowCount, 1_000_000);
  assert.equal((await openJson(`[${"1,".repeat(1_000_000)}1]`)).rowCount, 1_000_001);
  assert.equal((await openJson(`[[${"{},".repeat(1_000_000)}1]]`)).rowCount, 1);
});
