import assert from "node:assert/strict";
import { test } from "node:test";
import { stringify } from "csv-stringify/sync";
import {
  csvChunks,
  CsvEncoder,
  rowsSource,
  type Batch,
  type ColumnVector,
  type DialectOptions,
  type Source,
} from "../../src/index.ts";
import { dialects } from "../../src/csv/dialect.ts";
import { encoderNames } from "../../src/csv/encoder-name.ts";
import { DayValue, DecimalValue, InstantValue, JsonTextValue, NumberTextValue } from "../../src/csv/value.ts";
import { resolveDialect } from "../../src/csv/resolve-dialect.ts";
import { toStringifyOptions } from "../../src/csv/to-stringify-options.ts";
import { utf8Vector } from "./random-batch.ts";

function mixed(...rows: readonly (readonly unknown[])[]): Batch {
  const width = rows[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, place) => ({
    kind: "mixed" as const,
    values: rows.map((row) => row[place]),
  }));
  return { rowCount: rows.length, columns };
}

function textOf(batch: Batch, options: DialectOptions = {}): string {
  const columns = batch.columns.map((_, index) => ({ name: `c${index + 1}` }));
  const encoder = new CsvEncoder(columns, resolveDialect("unix", { header: false, ...options }));
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(
    Buffer.concat([encoder.header(), encoder.encode(batch)]),
  );
}

function cellBeside({ quoting = "minimal", quote = '"', recordDelimiter = "\n" }: DialectOptions): string {
  return `,${quoting === "minimal" ? "z" : `${quote}z${quote}`}${recordDelimiter}`;
}

/** A value with another one beside it, so that a lone null needs no quotes. */
function cell(value: unknown, options: DialectOptions = {}): string {
  const beside = cellBeside(options);
  return textOf(mixed([value, "z"]), options).slice(0, -beside.length);
}

const circle: { inner?: unknown } = {};
circle.inner = circle;

const values: readonly (readonly [value: unknown, text: string, options?: DialectOptions])[] = [
  [1, "1"],
  [-0, "0"],
  [1e21, "1e+21"],
  [0.1, "0.1"],
  [5e-324, "5e-324"],
  [1.5, '"1,5"', { delimiter: ";", decimalSeparator: ",", quoting: "all" }],
  [1.5, "1,5", { delimiter: ";", decimalSeparator: "," }],
  ["1.5", "1.5", { delimiter: ";", decimalSeparator: "," }],
  [new DecimalValue(-150n, 2), "-1,50", { delimiter: ";", decimalSeparator: "," }],
  [Number.NaN, "NaN", { nonFinite: "text" }],
  [-Infinity, "-Infinity", { nonFinite: "text" }],
  [Infinity, "", { nonFinite: "null" }],
  [9007199254740993n, "9007199254740993"],
  [-(2n ** 64n), "-18446744073709551616"],
  [new DecimalValue(5n, 3), "0.005"],
  [new DecimalValue(-5n, 1), "-0.5"],
  [new DecimalValue(0n, 2), "0.00"],
  [new DecimalValue(7n, 0), "7"],
  ["a\ud800b", "a\ufffdb"],
  ["\udc00", '"\ufffd"', { quoting: "all" }],
  [{ a: "\ud800" }, '"{""a"":""\\ud800""}"'],
  [true, "true"],
  [false, "false"],
  [null, ""],
  [undefined, ""],
  [null, "NULL", { nullValue: "NULL" }],
  [null, "NULL", { nullValue: "NULL", quoting: "all" }],
  ["NULL", '"NULL"', { nullValue: "NULL" }],
  [0, '"0"', { nullValue: "0" }],
  ["", '""'],
  ["", '""', { nullValue: "NULL" }],
  ["plain", "plain"],
  ["plain", '"plain"', { quoting: "strings" }],
  [7, "7", { quoting: "strings" }],
  [7, '"7"', { quoting: "all" }],
  ["a,b", '"a,b"'],
  ["a,b", "a,b", { delimiter: ";" }],
  ['say "hi"', '"say ""hi"""'],
  ["it's", "'it''s'", { quote: "'" }],
  ["a\nb", '"a\nb"'],
  ["a\rb", '"a\rb"'],
  ["a\r", '"a\r"', { recordDelimiter: "\r\n" }],
  [" padded ", " padded "],
  ["\uD800", "\uFFFD"],
  ["𠮷🍜", "𠮷🍜"],
  [new Date(Date.UTC(2024, 1, 29, 1, 2, 3, 4)), "2024-02-29T01:02:03.004Z"],
  [new Date(-1), "1969-12-31T23:59:59.999Z"],
  [new Date(-62198755200000), "-000001-01-01T00:00:00.000Z"],
  [new Date(253402300800000), "+010000-01-01T00:00:00.000Z"],
  [new Date(0), "1970-01-01 00:00:00", { timestamps: "space" }],
  [new Date(123), "1970-01-01 00:00:00.123", { timestamps: "space" }],
  [new Date(120), '"1970-01-01 00:00:00.120"', { timestamps: "space", quoting: "all" }],
  [new Date(-62198755200000), "-000001-01-01 00:00:00", { timestamps: "space" }],
  [new InstantValue(1n, "ns"), "1970-01-01 00:00:00.000000001", { timestamps: "space" }],
  [new InstantValue(1_000_010n, "us"), "1970-01-01 00:00:01.000010", { timestamps: "space" }],
  [new InstantValue(2n ** 63n - 1n, "us"), "infinity", { timestamps: "space" }],
  [{ at: new Date(0) }, '"{""at"":""1970-01-01T00:00:00.000Z""}"', { timestamps: "space" }],
  [new InstantValue(1n, "ns"), "1970-01-01T00:00:00.000000001Z"],
  [new InstantValue(-1500n, "us"), "1969-12-31T23:59:59.998500Z"],
  [new InstantValue(2n ** 63n - 1n, "us"), "infinity"],
  [new DayValue(-1), "1969-12-31"],
  [new DayValue(2_932_897), "+010000-01-01"],
  [Uint8Array.of(0, 171, 255), "\\x00abff"],
  [Buffer.from("a"), "\\x61"],
  [new Uint8Array(), "\\x"],
  [[1, "a", null, undefined, 2n ** 60n], '"[1,""a"",null,null,1152921504606846976]"'],
  [{}, "{}"],
  [{ a: undefined, b: () => 1, n: Number.NaN }, '"{""n"":null}"'],
  [
    { when: new Date(0), price: new DecimalValue(110n, 2) },
    '"{""when"":""1970-01-01T00:00:00.000Z"",""price"":1.10}"',
  ],
  [
    new Map<unknown, unknown>([
      ["b", 1],
      [2, Uint8Array.of(1)],
    ]),
    '"{""b"":1,""2"":""\\\\x01""}"',
  ],
  [{ toJSON: () => "x" }, "x"],
  [{ toJSON: () => "" }, '""'],
  [{ toJSON: () => "NULL" }, '"NULL"', { nullValue: "NULL" }],
  [{ toJSON: () => "x" }, '"x"', { quoting: "strings" }],
  [{ toJSON: () => 1.5 }, "1,5", { delimiter: ";", decimalSeparator: "," }],
  [{ toJSON: () => 7 }, "7", { quoting: "strings" }],
  [{ toJSON: () => true }, "true"],
  [{ toJSON: () => null }, "NULL", { nullValue: "NULL" }],
  [{ toJSON: () => "=1" }, "'=1", { formulas: "escape" }],
  [{ toJSON: (key: string) => ({ key, toJSON: () => "asked again" }) }, '"{""key"":""""}"'],
  [{ toJSON: () => [{ toJSON: () => "x" }] }, '"[""x""]"'],
  [new URL("https://example.org/?a=1"), "https://example.org/?a=1"],
  [[Object(5), Object("x"), Object(false)], '"[5,""x"",false]"'],
  [Object(1.5), "1.5"],
  [Object("a,b"), '"a,b"'],
  [Uint8Array.of(0, 171).buffer, "\\x00ab"],
  [new DataView(Uint8Array.of(1, 2, 3).buffer, 1), "\\x0203"],
  [Uint8ClampedArray.of(255), "\\xff"],
  [Float64Array.of(1.5, Number.NaN), '"[1.5,null]"'],
  [BigInt64Array.of(2n ** 60n), "[1152921504606846976]"],
  [{ at: Int16Array.of(1, 2) }, '"{""at"":[1,2]}"'],
  [Object.create(null), "{}"],
  [Object.create({ inherited: 1 }), "{}"],
  [{ toJSON: () => undefined }, ""],
  [Symbol("s"), ""],
  [() => 1, ""],
  ["=1+1", "=1+1"],
  ["=1+1", "'=1+1", { formulas: "escape" }],
  ["-5", "-5", { formulas: "escape" }],
  ["+1.5", "+1.5", { formulas: "escape" }],
  ["-1e-7", "-1e-7", { formulas: "escape" }],
  ["-2+3", "'-2+3", { formulas: "escape" }],
  ["-", "-", { formulas: "escape" }],
  ["-1,234.50", '"-1,234.50"', { formulas: "escape" }],
  ["-1.234,50", '"-1.234,50"', { formulas: "escape" }],
  ["-5 %", "-5 %", { formulas: "escape" }],
  ["+49 30 1234", "+49 30 1234", { formulas: "escape" }],
  ["+1 234,5\u00a0%", '"+1 234,5\u00a0%"', { formulas: "escape" }],
  [" -5", " -5", { formulas: "escape" }],
  ["+49-30-1234", "'+49-30-1234", { formulas: "escape" }],
  ["+49 (0)30 1234", "'+49 (0)30 1234", { formulas: "escape" }],
  ["--", "'--", { formulas: "escape" }],
  ["-5+A1", "'-5+A1", { formulas: "escape" }],
  ["-1 e3", "'-1 e3", { formulas: "escape" }],
  ["-A1", "'-A1", { formulas: "escape" }],
  ["-1:1", "'-1:1", { formulas: "escape" }],
  ["-5%%", "'-5%%", { formulas: "escape" }],
  ["-1 day", "'-1 day", { formulas: "escape" }],
  ["@SUM", "'@SUM", { formulas: "escape" }],
  ["\tx", "'\tx", { formulas: "escape" }],
  ["\rx", '"\'\rx"', { formulas: "escape" }],
  ["＝1", "'＝1", { formulas: "escape" }],
  ["＠x", "'＠x", { formulas: "escape" }],
  ["\n=1", '"\'\n=1"', { formulas: "escape" }],
  ["\nx", '"\'\nx"', { formulas: "escape" }],
  ["\0x", "'\0x", { formulas: "escape" }],
  [" =1", "' =1", { formulas: "escape" }],
  ["\u00a0=1", "'\u00a0=1", { formulas: "escape" }],
  ["\uFEFF@x", "'\uFEFF@x", { formulas: "escape" }],
  ["\u200b\v\f+A1", "'\u200b\v\f+A1", { formulas: "escape" }],
  ["\u3000＝1", "'\u3000＝1", { formulas: "escape" }],
  ["\u{e0020}=1", "'\u{e0020}=1", { formulas: "escape" }],
  [" x", " x", { formulas: "escape" }],
  ["\vx", "\vx", { formulas: "escape" }],
  ["x=1", "x=1", { formulas: "escape" }],
  [-5, "-5", { formulas: "escape" }],
  [-5n, "-5", { formulas: "escape" }],
  [new DecimalValue(-5n, 1), "-0.5", { formulas: "reject" }],
  [new NumberTextValue("1.50e+400"), "1.50e+400"],
  [new NumberTextValue("-1.0"), "-1.0", { formulas: "reject" }],
  [new NumberTextValue("1.0"), "1.0", { quoting: "strings" }],
  [new NumberTextValue("1.0"), '"1,0"', { delimiter: ";", decimalSeparator: ",", quoting: "all" }],
  [new NumberTextValue("0"), '"0"', { nullValue: "0" }],
  [new JsonTextValue('{"a": "b"}'), '"{""a"": ""b""}"'],
  [new JsonTextValue("[1]"), "[1]", { quoting: "strings", formulas: "reject" }],
  [new JsonTextValue("[1.5]"), '"[1.5]"', { delimiter: ";", decimalSeparator: ",", quoting: "all" }],
  [[new NumberTextValue("1.0"), new JsonTextValue('{"a":1}')], '"[1.0,{""a"":1}]"'],
];

test("takes new texts that a source puts into the same array of columns, and asks each column what it is free of", () => {
  const columns: ColumnVector[] = [];
  const encoder = new CsvEncoder(
    [{ name: "a" }, { name: "b" }],
    resolveDialect("rfc4180", { header: false }),
  );
  const encoded = (texts: readonly string[], without: readonly (string | undefined)[]): string => {
    const bytes = Buffer.alloc(64);
    const starts = new Uint32Array(texts.length);
    const ends = new Uint32Array(texts.length);
    let at = 0;
    for (const [index, text] of texts.entries()) {
      starts[index] = at;
      at += bytes.write(text, at);
      ends[index] = at;
    }
    for (const [first, free] of without.entries())
      columns[first] = {
        kind: "utf8",
        bytes,
        starts,
        ends,
        first,
        step: 2,
        ...(free !== undefined && { without: free }),
      };
    return Buffer.from(encoder.encode({ rowCount: texts.length / 2, columns })).toString();
  };
  assert.equal(encoded(["a", "b", "c", "d"], [undefined, undefined]), "a,b\r\nc,d\r\n");
  assert.equal(encoded(["e", "f"], [undefined, undefined]), "e,f\r\n");
  assert.equal(encoded(["g", 'h,"'], [',"\r\n\0', undefined]), 'g,"h,"""\r\n');
});

test("writes every kind of value as documented", () => {
  for (const [value, text, options] of values)
    assert.equal(cell(value, options), text, `${text} with ${JSON.stringify(options ?? {})}`);
});

const vectors: readonly (readonly [vector: ColumnVector, texts: readonly string[]])[] = [
  [{ kind: "integer", values: Int8Array.of(-128, 5), nulls: Uint8Array.of(0, 1) }, ["-128", ""]],
  [{ kind: "integer", values: Float64Array.of(2 ** 53 - 1, -0) }, ["9007199254740991", "0"]],
  [{ kind: "integer", values: BigUint64Array.of(2n ** 64n - 1n, 0n) }, ["18446744073709551615", "0"]],
  [{ kind: "integer", values: [-(2n ** 100n), 1n] }, ["-1267650600228229401496703205376", "1"]],
  [{ kind: "decimal", scale: 2, unscaled: Int32Array.of(-5, 12345) }, ["-0.05", "123.45"]],
  [{ kind: "decimal", scale: 2, unscaled: Float64Array.of(1e15, 7) }, ["10000000000000.00", "0.07"]],
  [
    { kind: "decimal", scale: 3, unscaled: BigInt64Array.of(-(2n ** 63n), 0n) },
    ["-9223372036854775.808", "0.000"],
  ],
  [{ kind: "float", values: Float64Array.of(-0, 1e-7) }, ["0", "1e-7"]],
  [{ kind: "boolean", values: Uint8Array.of(0, 2) }, ["false", "true"]],
  [
    { kind: "timestamp", unit: "ms", values: Float64Array.of(0, -1) },
    ["1970-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z"],
  ],
  [
    { kind: "timestamp", unit: "us", values: BigInt64Array.of(1_000_001n, -(2n ** 63n - 1n)) },
    ["1970-01-01T00:00:01.000001Z", "-infinity"],
  ],
  [{ kind: "date", values: Int32Array.of(19_782, 2 ** 31 - 1) }, ["2024-02-29", "infinity"]],
  [{ kind: "text", values: ["a,b", null] }, ['"a,b"', ""]],
  [{ kind: "dictionary", codes: Uint8Array.of(1, 0), dictionary: [null, "x"] }, ["x", ""]],
  [{ kind: "bytes", values: [Uint8Array.of(255), null] }, ["\\xff", ""]],
  [{ ...utf8Vector(["-1.50", "x"], 1), kind: "number-text", nulls: Uint8Array.of(0, 1) }, ["-1.50", ""]],
  [{ ...utf8Vector(["[1,2]", "{}"], 0), kind: "json-text" }, ['"[1,2]"', "{}"]],
];

test("writes every kind of vector, with nulls", () => {
  for (const [vector, texts] of vectors) {
    const beside: ColumnVector = { kind: "integer", values: Int8Array.of(1, 2) };
    assert.equal(
      textOf({ rowCount: 2, columns: [vector, beside] }),
      `${texts[0]},1\n${texts[1]},2\n`,
      JSON.stringify(vector.kind),
    );
  }
});

test("a row of one null is not an empty line, but an unquoted marker is enough", () => {
  assert.equal(textOf(mixed([null], [undefined], [""], [1])), '""\n""\n""\n1\n');
  assert.equal(textOf(mixed([null]), { nullValue: "NULL" }), "NULL\n");
  assert.equal(textOf(mixed([null], ["a"]), { quoting: "all" }), '""\n"a"\n');
});

test("the header row is text like any other, after the byte order mark", () => {
  const encoder = new CsvEncoder(
    [{ name: "a,b" }, { name: "" }, { name: "=x" }],
    resolveDialect("unix", { bom: true, formulas: "escape" }),
  );
  assert.equal(Buffer.from(encoder.header()).toString(), '\uFEFF"a,b","",\'=x\n');
  assert.equal(encoder.guardedCells, 1);
  const bare = new CsvEncoder([{ name: "a" }], resolveDialect("unix", { bom: true, header: false }));
  assert.deepEqual([...bare.header()], [0xef, 0xbb, 0xbf]);
  assert.equal(new CsvEncoder([{ name: "a" }], resolveDialect("unix", { header: false })).header().length, 0);
  assert.equal(new CsvEncoder([]).header().length, 0);
});

test("counts rows over all calls, and encodes the requested part of a batch", () => {
  const encoder = new CsvEncoder([{ name: "a" }], resolveDialect("unix"));
  const batch = mixed([1], [2], [3], ["=4"]);
  assert.equal(Buffer.from(encoder.encode(batch, 1, 3)).toString(), "2\n3\n");
  assert.equal(Buffer.from(encoder.encode(batch, 3)).toString(), "=4\n");
  assert.equal(encoder.encode(batch, 2, 2).length, 0);
  assert.equal(encoder.rowCount, 3);
  assert.throws(() => encoder.encode(batch, 0, 5), { code: "SCSV_ARG_RANGE" });
  assert.throws(() => encoder.encode(mixed([1, 2])), { code: "SCSV_ARG_RANGE" });
});

test("counts the cells that the formula guard changes", () => {
  const dialect = resolveDialect("unix", { formulas: "escape", header: false });
  const encoder = new CsvEncoder([{ name: "a" }, { name: "b" }], dialect);
  encoder.encode(mixed(["=1", "-5"], ["@x", -5]));
  encoder.encode(mixed(["+cmd", "x"]));
  assert.equal(encoder.guardedCells, 3);
});

test("encoders of the same columns and dialect count separately, and a failed one does not affect the others", () => {
  const dialect = resolveDialect("unix", { formulas: "escape" });
  const [first, second, third] = [1, 2, 3].map(
    () => new CsvEncoder([{ name: "=a" }, { name: "b" }], dialect),
  );
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  assert.equal(Buffer.from(first.header()).toString(), "'=a,b\n");
  first.encode(mixed(["=1", "-5"], ["@x", -5]));
  const codes = Uint8Array.of(1, 0);
  const dictionary = ["@1", "x"];
  const columns = [dictionary, ["y", "z"]].map((entries) => ({
    kind: "dictionary" as const,
    codes,
    dictionary: entries,
  }));
  assert.equal(Buffer.from(second.encode({ rowCount: 2, columns })).toString(), "x,z\n'@1,y\n");
  assert.throws(() => third.encode(mixed(["=2", Number.NaN])), { row: 1, column: "b" });
  assert.equal(Buffer.from(first.encode(mixed(["=3", "c"]))).toString(), "'=3,c\n");
  assert.deepEqual([first.guardedCells, second.guardedCells, first.rowCount], [4, 1, 3]);
});

const faults: readonly (readonly [value: unknown, code: string, options?: DialectOptions])[] = [
  [new Date(Number.NaN), "SCSV_INVALID_DATE"],
  [new InstantValue(Number.NaN, "ms"), "SCSV_INVALID_DATE"],
  [Number.NaN, "SCSV_NON_FINITE"],
  [-Infinity, "SCSV_NON_FINITE"],
  [circle, "SCSV_NO_TEXT"],
  ["=1", "SCSV_FORMULA", { formulas: "reject" }],
];

test("a value whose toJSON encodes other rows doesn't disturb the row it stands in", () => {
  const columns = [{ name: "a" }, { name: "b" }, { name: "c" }];
  const inner = (): string => {
    const nested = new CsvEncoder(columns);
    const rows = nested.encode(mixed(["x".repeat(300), 1, "=1"], [2, new Date(0), null]));
    return `${Buffer.from(rows).toString().length}, ${nested.rowCount} rows`;
  };
  for (const batch of [
    mixed(["first", { toJSON: inner }, "last"]),
    { rowCount: 1, columns: ["first", { toJSON: inner }, "last"].map(asColumn) },
  ]) {
    const encoder = new CsvEncoder(columns);
    assert.equal(Buffer.from(encoder.encode(batch)).toString(), 'first,"336, 2 rows",last\r\n');
    assert.throws(() => new CsvEncoder(columns).encode(mixed(["", { toJSON: fail }, ""])), { row: 1 });
    assert.equal(Buffer.from(encoder.encode(mixed([1, 2, 3]))).toString(), "1,2,3\r\n");
  }
});

/** A value of a row whose values lie in one array. */
function asColumn(_: unknown, first: number, row: readonly unknown[]): ColumnVector {
  return { kind: "mixed", values: row, first, step: row.length };
}

function fail(): never {
  throw new Error("away");
}

const bytes = Buffer.from("abc");
const short = Uint32Array.of(0);
const damaged: readonly (readonly [vector: object, code: string])[] = [
  [{ kind: "integer", values: Int32Array.of(1) }, "SCSV_ARG_RANGE"],
  [{ kind: "integer", values: Int32Array.of(1, 2), nulls: Uint8Array.of(0) }, "SCSV_ARG_RANGE"],
  [{ kind: "decimal", unscaled: BigInt64Array.of(1n), scale: 2 }, "SCSV_ARG_RANGE"],
  [{ kind: "decimal", unscaled: BigInt64Array.of(1n, 2n) }, "SCSV_ARG_TYPE"],
  [{ kind: "float", values: Float64Array.of(1) }, "SCSV_ARG_RANGE"],
  [{ kind: "boolean", values: Uint8Array.of(1) }, "SCSV_ARG_RANGE"],
  [{ kind: "boolean", values: [true, false] }, "SCSV_ARG_TYPE"],
  [{ kind: "timestamp", unit: "ms", values: Float64Array.of(1) }, "SCSV_ARG_RANGE"],
  [{ kind: "timestamp", unit: "s", values: Float64Array.of(1, 2) }, "SCSV_ARG_TYPE"],
  [{ kind: "date", values: Int32Array.of(1) }, "SCSV_ARG_RANGE"],
  [{ kind: "text", values: ["a"] }, "SCSV_ARG_RANGE"],
  [{ kind: "utf8", bytes, starts: Uint32Array.of(0, 1), ends: short }, "SCSV_ARG_RANGE"],
  [{ kind: "number-text", bytes, starts: short, ends: short }, "SCSV_ARG_RANGE"],
  [{ kind: "json-text", bytes, starts: short, ends: short }, "SCSV_ARG_RANGE"],
  [{ kind: "dictionary", codes: Uint8Array.of(0), dictionary: ["a"] }, "SCSV_ARG_RANGE"],
  [{ kind: "bytes", values: [bytes] }, "SCSV_ARG_RANGE"],
  [{ kind: "mixed", values: [1, 2, 3], first: 1, step: 2 }, "SCSV_ARG_RANGE"],
];

test("refuses a vector without a value for each row, which would get those of another export", () => {
  for (const [vector, code] of damaged) {
    const batch = { rowCount: 2, columns: [vector as ColumnVector] };
    assert.throws(() => textOf(batch), { code, message: /columns\[0\] of a batch/ });
    if (code === "SCSV_ARG_RANGE") assert.notEqual(textOf({ ...batch, rowCount: 1 }), "");
  }
});

test("refuses a vector without the bytes or the dictionary to which its arrays refer", () => {
  const place = { starts: short, ends: short };
  for (const vector of [
    { kind: "utf8", ...place },
    { kind: "number-text", ...place, bytes: null },
    { kind: "json-text", ...place, bytes: "abc" },
    { kind: "dictionary", codes: Uint8Array.of(0) },
    { kind: "integer", values: Int32Array.of(1), nulls: true },
    { values: [1] },
    null,
  ]) {
    const batch = { rowCount: 1, columns: [vector as unknown as ColumnVector] };
    assert.throws(() => textOf(batch), { code: "SCSV_ARG_TYPE", message: /columns\[0\] of a batch/ });
  }
});

test("refuses texts that lie outside of their bytes", () => {
  for (const encoder of encoderNames)
    for (const kind of ["utf8", "number-text", "json-text"] as const)
      for (const [start, end] of [
        [0, 4],
        [2, 1000],
        [3, 1],
      ] as const) {
        const starts = Uint32Array.of(start);
        const vector = { kind, bytes: Buffer.from("123"), starts, ends: Uint32Array.of(end) };
        assert.throws(
          () =>
            new CsvEncoder([{ name: "a" }], dialects.unix, encoder).encode({
              rowCount: 1,
              columns: [vector],
            }),
          {
            code: "SCSV_ARG_RANGE",
            message: `A text of a batch is from byte ${start} to ${end}, and its vector has 3.`,
          },
        );
      }
});

test("takes nulls of null for a vector without nulls", () => {
  const plain: readonly object[] = [
    { kind: "integer", values: Int32Array.of(7) },
    { kind: "boolean", values: Uint8Array.of(1) },
    { kind: "timestamp", unit: "ms", values: Float64Array.of(0) },
    { kind: "utf8", bytes, starts: short, ends: Uint32Array.of(3) },
  ];
  const columns = plain.map((vector) => Object.assign(vector, { nulls: null }) as unknown as ColumnVector);
  assert.equal(textOf({ rowCount: 1, columns }), "7,true,1970-01-01T00:00:00.000Z,abc\n");
});

test("ends no export of a source cleanly whose batch doesn't count its rows", async () => {
  for (const rowCount of [undefined, Number.NaN, -1, "2"]) {
    const source: Source = {
      ...rowsSource([], { columns: ["id"] }),
      read: async function* () {
        yield { rowCount: rowCount as number, columns: [{ kind: "mixed", values: [1, 2] }] };
      },
    };
    await assert.rejects(
      async () => {
        for await (const chunk of csvChunks(source)) assert.ok(chunk);
      },
      { code: "SCSV_ARG_TYPE", message: `rowCount of a batch is a whole number from 0, not ${rowCount}.` },
    );
  }
});

test("names the row and the column of a value that has no text", () => {
  for (const [value, code, options] of faults) {
    const encoder = new CsvEncoder([{ name: "a" }, { name: "price" }], resolveDialect("unix", options));
    encoder.encode(mixed([1, 1], [2, 2]));
    assert.throws(
      () => encoder.encode(mixed([3, 3], [4, value])),
      { name: "StreamCsvError", code, row: 4, column: "price", message: /^Row 4, column "price", / },
      code,
    );
  }
  const encoder = new CsvEncoder([{ name: "=x" }], resolveDialect("unix", { formulas: "reject" }));
  assert.throws(() => encoder.header(), { code: "SCSV_FORMULA", column: "=x", message: /^The header "=x" / });
});

test("gives the text that csv-stringify gives with the dialect's options", () => {
  const rows = values
    .filter(([, , options]) => options === undefined)
    .map(([value], index) => [index, value]);
  const dialect = resolveDialect("rfc4180", { bom: true });
  const encoder = new CsvEncoder([{ name: "n" }, { name: "value" }], dialect);
  const ours = Buffer.concat([encoder.header(), encoder.encode(mixed(...rows))]);
  // csv-stringify refuses functions and symbols before any cast.
  const plain = rows.map(([index, value]) => [
    index,
    typeof value === "function" || typeof value === "symbol" ? null : value,
  ]);
  assert.deepEqual(
    ours,
    Buffer.from(stringify(plain, toStringifyOptions(dialect, { columns: ["n", "value"] }))),
  );
});

test("a chunk belongs to the caller that received it", () => {
  const encoder = new CsvEncoder([{ name: "a" }], resolveDialect("unix"));
  const first = encoder.encode(mixed(["first"]));
  const copy = first.slice();
  encoder.encode(mixed(["other"]));
  assert.deepEqual(first, copy);
});
