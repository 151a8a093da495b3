import assert from "node:assert/strict";
import { test } from "node:test";
import { CsvEncoder, openSource, type DialectOptions } from "../../../src/index.ts";
import { resolveDialect } from "../../../src/csv/resolve-dialect.ts";
import { fileOf, openJson, rowsOf, unhindered, type Cell } from "./json-file.ts";

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

function number(text: string): Cell {
  return { number: text };
}

function json(text: string): Cell {
  return { json: text };
}

async function tableOf(content: string, blockBytes?: number): Promise<Table> {
  const source = await openJson(content, blockBytes);
  assert.equal(source.kind, "json");
  const rows = await rowsOf(source);
  assert.equal(source.rowCount, rows.length);
  await source.close();
  return { columns: source.columns.map(({ name, type }) => `${name} ${type}`), rows };
}

const long = "x".repeat(300);

const tables: readonly (readonly [
  what: string,
  content: string,
  ...table: [readonly string[], ...(readonly Cell[])[]],
])[] = [
  [
    "keys that are names of types",
    '{"DATE":"2020-01-01","UUID":1,"TIMESTAMP_UTC":true}',
    ["DATE text", "UUID integer", "TIMESTAMP_UTC boolean"],
    ["2020-01-01", number("1"), true],
  ],
  [
    "nested keys that are names of types",
    '{"p":{"DATE":"2020-01-01","TIME":"12:00"}}',
    ["p json"],
    [json('{"DATE":"2020-01-01","TIME":"12:00"}')],
  ],
  [
    "a list of several kinds",
    '{"l":[1,"a",null]}\n{"l":[{"b":2}]}',
    ["l json"],
    [json('[1,"a",null]')],
    [json('[{"b":2}]')],
  ],
  [
    "text beside a number",
    '{"zip":"01234"}\n{"zip":1234}\n{"zip":null}',
    ["zip mixed"],
    ["01234"],
    [number("1234")],
    [null],
  ],
  [
    "all kinds in one column",
    '{"v":"t"}{"v":1.0}{"v":true}{"v":false}{"v":[ 1 ]}{"v":{}}{"v":null}{}',
    ["v mixed"],
    ["t"],
    [number("1.0")],
    [true],
    [false],
    [json("[1]")],
    [json("{}")],
    [null],
    [null],
  ],
  [
    "byte order marks within text",
    '{"l":["\uFEFFa"],"t":"\uFEFFy","\uFEFFk":1}',
    ["l json", "t text", "\uFEFFk integer"],
    [json('["\uFEFFa"]'), "\uFEFFy", number("1")],
  ],
  [
    "keys that differ in case",
    '{"x":1,"X":2}\n{"X":3}',
    ["x integer", "X integer"],
    [number("1"), number("2")],
    [null, number("3")],
  ],
  ["nested keys that differ in case", '{"n":{"x":1,"X":2}}', ["n json"], [json('{"x":1,"X":2}')]],
  [
    "an integer beside a fraction",
    '{"v":9007199254740993}\n{"v":1.5}',
    ["v float"],
    [number("9007199254740993")],
    [number("1.5")],
  ],
  [
    "numbers with all their digits",
    '[{"v":123456789012345678901234567890},{"v":-0},{"v":18446744073709551616}]',
    ["v integer"],
    [number("123456789012345678901234567890")],
    [number("-0")],
    [number("18446744073709551616")],
  ],
  [
    "numbers as they were written",
    '{"v":1.0}{"v":1e5}{"v":1E+400}{"v":0.10}{"v":-0.0}',
    ["v float"],
    [number("1.0")],
    [number("1e5")],
    [number("1E+400")],
    [number("0.10")],
    [number("-0.0")],
  ],
  [
    "nested numbers as they were written",
    '{"v":[9007199254740993, 1.50, 1E5]}',
    ["v json"],
    [json("[9007199254740993,1.50,1E5]")],
  ],
  ["an empty key", '{"":1,"a":2}', ["column0 integer", "a integer"], [number("1"), number("2")]],
  [
    "an empty key beside a column0",
    '{"column0":1,"":2,"column1":3}',
    ["column0 integer", "column1_1 integer", "column1 integer"],
    [number("1"), number("2"), number("3")],
  ],
  ["a nested empty key", '{"packages":{"":{"name":"x"}}}', ["packages json"], [json('{"":{"name":"x"}}')]],
  [
    "keys that objects have by nature",
    '{"__proto__":1,"constructor":2,"toString":3,"hasOwnProperty":4}',
    ["__proto__ integer", "constructor integer", "toString integer", "hasOwnProperty integer"],
    [number("1"), number("2"), number("3"), number("4")],
  ],
  ["a nested __proto__", '{"o":{"__proto__":1,"a":2}}', ["o json"], [json('{"__proto__":1,"a":2}')]],
  [
    "nested keys that are missing",
    '{"s":{"a":1}}\n{"s":{"b":2}}\n{"t":1}',
    ["s json", "t integer"],
    [json('{"a":1}'), null],
    [json('{"b":2}'), null],
    [null, number("1")],
  ],
  ["an array with a byte order mark", '\uFEFF[{"a":1},{"a":2}]', ["a integer"], [number("1")], [number("2")]],
  [
    "lines with a byte order mark",
    '\uFEFF{"a":1}\r\n{"a":2}\r\n',
    ["a integer"],
    [number("1")],
    [number("2")],
  ],
  [
    "records over several lines, and on one",
    ' {\n "a" : 1 ,\r\n\t"b" : [ 1 , { "c" : " d " } ]\n} {"a":2}{"b":3}\n\n',
    ["a integer", "b mixed"],
    [number("1"), json('[1,{"c":" d "}]')],
    [number("2"), null],
    [null, number("3")],
  ],
  [
    "keys in another order",
    '{"a":1,"b":2,"c":3}\n{"c":4,"a":5,"d":6}\n{"b":7}\n{"d":8,"c":9,"b":10,"a":11}',
    ["a integer", "b integer", "c integer", "d integer"],
    [number("1"), number("2"), number("3"), null],
    [number("5"), null, number("4"), number("6")],
    [null, number("7"), null, null],
    [number("11"), number("10"), number("9"), number("8")],
  ],
  [
    "keys that begin alike",
    '{"a":1,"ab":2,"abc":3}\n{"abc":4,"ab":5}',
    ["a integer", "ab integer", "abc integer"],
    [number("1"), number("2"), number("3")],
    [null, number("5"), number("4")],
  ],
  [
    "keys with escapes",
    '{"a\\"b":1,"\\u0061":2,"\\n":3}\n{"\\u0061\\u0022b":4,"a":5,"\\u000a":6}',
    ['a"b integer', "a integer", "\n integer"],
    [number("1"), number("2"), number("3")],
    [number("4"), number("5"), number("6")],
  ],
  [
    "text with every escape",
    String.raw`{"t":"\"\\\/\b\f\n\r\tA\u00e9\u4e2d\ud83c\udf5c\u0000\uFEFF"}`,
    ["t text"],
    ['"\\/\b\f\n\r\tAé中🍜\0\uFEFF'],
  ],
  [
    "halves of surrogate pairs",
    String.raw`{"a":"\ud800","b":"x\udc00y","c":"\ud800\ud800\udc00","d":"\ud800A\ud800\n","e":"\udc00\ud800"}`,
    ["a text", "b text", "c text", "d text", "e text"],
    ["\uFFFD", "x\uFFFDy", "\uFFFD\u{10000}", "\uFFFDA\uFFFD\n", "\uFFFD\uFFFD"],
  ],
  [
    "halves of surrogate pairs in nested text, which stay escapes",
    String.raw`{"a":["\ud800","\u0041"]}`,
    ["a json"],
    [json(String.raw`["\ud800","\u0041"]`)],
  ],
  [
    "nested text that looks like white space and ends",
    String.raw`{"a": {"x" : " \" , ] } \\" , "y" : [ ] }}`,
    ["a json"],
    [json(String.raw`{"x":" \" , ] } \\","y":[]}`)],
  ],
  [
    "empty nested values",
    '{"a":{},"b":[],"c":"","d":{ },"e":[ ]}',
    ["a json", "b json", "c text", "d json", "e json"],
    [json("{}"), json("[]"), "", json("{}"), json("[]")],
  ],
  [
    "a column that is null throughout",
    '{"a":null,"b":1}\n{"a":null}',
    ["a text", "b integer"],
    [null, number("1")],
    [null, null],
  ],
  [
    "a record without keys among others",
    '[{"a":1},{},{"a":2}]',
    ["a integer"],
    [number("1")],
    [null],
    [number("2")],
  ],
  ["a lone object", '{"a":true}', ["a boolean"], [true]],
  ["booleans and nulls", '{"a":true}{"a":null}{"a":false}', ["a boolean"], [true], [null], [false]],
  ["an array of numbers", "[1,2.5,null]", ["json float"], [number("1")], [number("2.5")], [null]],
  [
    "an array of several kinds",
    '[1,"a",[2, 3],false]',
    ["json mixed"],
    [number("1")],
    ["a"],
    [json("[2,3]")],
    [false],
  ],
  [
    "an array of arrays with objects",
    '[[{"a":1}],[{"a":2,"b":{"c":[]}}]]',
    ["json json"],
    [json('[{"a":1}]')],
    [json('[{"a":2,"b":{"c":[]}}]')],
  ],
  [
    "values that follow one another",
    '1 "a"\n[2]\ttrue\r\nnull 0',
    ["json mixed"],
    [number("1")],
    ["a"],
    [json("[2]")],
    [true],
    [null],
    [number("0")],
  ],
  ["a lone text", '"\\u0041"', ["json text"], ["A"]],
  ["a lone number at the end of the file", "-12", ["json integer"], [number("-12")]],
  [
    "long keys and texts",
    `{"${long}":"${long}","b":"${long}\\n"}\n{"b":"c","${long}":"d"}`,
    [`${long} text`, "b text"],
    [long, `${long}\n`],
    ["d", "c"],
  ],
  [
    "letters of all lengths",
    '{"é":"é","中":"中","🍜":"🍜🍜"}\n{"🍜":"a","é":"\u007f"}',
    ["é text", "中 text", "🍜 text"],
    ["é", "中", "🍜🍜"],
    ["\u007f", null, "a"],
  ],
];

for (const [what, content, columns, ...rows] of tables) {
  test(`reads ${what}`, async () => {
    assert.deepEqual(await tableOf(content), { columns, rows });
  });
}

test("reads the same wherever the file is divided into blocks", async () => {
  for (const [what, content, columns, ...rows] of tables)
    for (const blockBytes of [1, 2, 3, 5, 7, 8, 13, 16, 31, 64])
      assert.deepEqual(await tableOf(content, blockBytes), { columns, rows }, `${what}, ${blockBytes} bytes`);
});

test("reads 210 columns of numbers, and 250 keys of which each record has two", async () => {
  const wide = Object.fromEntries(Array.from({ length: 210 }, (_, index) => [`m${index}`, index]));
  const { columns, rows } = await tableOf(JSON.stringify([wide, wide, wide]));
  assert.equal(columns.length, 210);
  assert.deepEqual(rows[2]?.at(-1), number("209"));
  const sparse = Array.from({ length: 250 }, (_, index) =>
    JSON.stringify({ id: index, [`attr${index}`]: index }),
  );
  const table = await tableOf(sparse.join("\n"));
  assert.equal(table.columns.length, 251);
  for (const [index, row] of table.rows.entries())
    assert.deepEqual(
      row,
      table.columns.map((_, column) => (column === 0 || column === index + 1 ? number(String(index)) : null)),
    );
});

async function csvOf(
  content: string,
  options: DialectOptions,
  name: "unix" | "excel-eu" | "postgres" = "unix",
): Promise<string> {
  const source = await openJson(content);
  const encoder = new CsvEncoder(
    source.columns,
    resolveDialect(name, { header: false, bom: false, ...options }),
  );
  const chunks: Uint8Array[] = [];
  for await (const batch of source.read({ signal: unhindered })) chunks.push(encoder.encode(batch));
  return Buffer.concat(chunks).toString();
}

test("numbers are numbers to the dialect, nested values JSON, and text is text", async () => {
  const content =
    '{"n":-1.50,"t":"-1-1","b":true,"j":[-1],"m":1.5}\n{"n":null,"t":"","b":false,"j":{},"m":"=1"}';
  assert.equal(
    await csvOf(content, { formulas: "escape", nullValue: "NULL" }),
    "-1.50,'-1-1,true,[-1],1.5\nNULL,\"\",false,{},'=1\n",
  );
  assert.equal(
    await csvOf(content, { quoting: "strings" }),
    '-1.50,"-1-1",true,[-1],1.5\n,"",false,{},"=1"\n',
  );
  assert.equal(await csvOf(content, {}, "excel-eu"), "-1,50;'-1-1;TRUE;[-1];1,5\r\n;\"\";FALSE;{};'=1\r\n");
  assert.equal(await csvOf(content, {}, "postgres"), '-1.50,-1-1,t,[-1],1.5\n,"",f,{},=1\n');
});

test("all three endings are read alike, and also compressed", async () => {
  const { gzipSync } = await import("node:zlib");
  const content = '{"a":1.0}\n{"a":"b"}';
  for (const ending of ["json", "ndjson", "jsonl", "JSON"]) {
    const source = await openSource(fileOf(content, `data.${ending}`));
    assert.equal(source.name, "data");
    assert.deepEqual(await rowsOf(source), [[number("1.0")], ["b"]]);
    const packed = await openSource(fileOf(gzipSync(content), `data.${ending}.gz`));
    assert.equal(packed.name, "data");
    assert.deepEqual(await rowsOf(packed), [[number("1.0")], ["b"]]);
  }
});

test("the encoding is an option, and options of tables are refused", async () => {
  const latin = Buffer.from('{"n":"José"}', "latin1");
  const source = await openSource(fileOf(latin, "latin.json"), { encoding: "latin-1" });
  assert.deepEqual(await rowsOf(source), [["José"]]);
  const wide = Buffer.from('\uFEFF[{"n":"José"}]', "utf16le");
  assert.deepEqual(await rowsOf(await openSource(fileOf(wide, "wide.json"))), [["José"]]);
  await assert.rejects(openSource(fileOf(latin, "latin.json")), {
    code: "SCSV_SOURCE_UNREADABLE",
    message: /byte 9/,
  });
  for (const options of [
    { delimiter: ";" },
    { quote: null },
    { header: false },
    { nullValue: "" },
    { skipRows: 0 },
  ])
    await assert.rejects(openSource(fileOf("{}", "options.json"), options), {
      name: "RangeError",
      code: "SCSV_ARG_RANGE",
      message: new RegExp(
        `^${Object.keys(options)[0]} is an option of CSV files, and means nothing for a file that ends in \\.json: leave it out`,
      ),
    });
});
