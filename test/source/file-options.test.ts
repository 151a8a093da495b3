import assert from "node:assert/strict";
import { test } from "node:test";
import { openSources } from "../../src/source/open-source.ts";
import { parseFileOptions } from "../../src/source/parse-file-options.ts";
import type { FileOptions } from "../../src/index.ts";
import { distinctNames } from "../../src/source/column-names.ts";

test("takes options as flags have them, characters by name too", () => {
  assert.deepEqual(
    parseFileOptions({
      delimiter: "tab",
      quote: "none",
      encoding: "Latin-1",
      nullValue: "",
      skipRows: "3",
      header: false,
    }),
    { delimiter: "\t", quote: null, encoding: "latin-1", nullValue: "", skipRows: 3, header: false },
  );
  for (const [name, character] of [
    ["comma", ","],
    ["semicolon", ";"],
    ["pipe", "|"],
    [String.raw`\t`, "\t"],
    ["^", "^"],
  ])
    assert.equal(parseFileOptions({ delimiter: name }).delimiter, character);
  assert.deepEqual(parseFileOptions({ quote: "double" }), { quote: '"' });
  assert.deepEqual(parseFileOptions({ quote: "single" }), { quote: "'" });
  assert.deepEqual(parseFileOptions({ delimiter: undefined, quote: "'" }), { quote: "'" });
});

const flags = (option: keyof FileOptions): string => `--${option}-in`;

for (const [texts, message] of [
  [{ delimiter: "ab" }, /^--delimiter-in must be one character.*tab, \\t, comma, semicolon, pipe, not "ab"/],
  [{ delimiter: "" }, /not ""/],
  [{ delimiter: "toString" }, /not "toString"/],
  [{ quote: "no" }, /^--quote-in .* double, single, or none for no quotes at all, not "no"/],
  [{ quote: "tab" }, /not "tab"/],
  [
    { encoding: "ebcdic" },
    /^--encoding-in must be one of utf-8, latin-1, windows-1252, utf-16, not "ebcdic"/,
  ],
  [{ skipRows: "-1" }, /^--skipRows-in must be a whole number .*"-1"/],
  [{ skipRows: "1e3" }, /"1e3"/],
] as const)
  test(`refuses the texts ${JSON.stringify(texts)}`, () => {
    assert.throws(() => parseFileOptions(texts, flags), { code: "SCSV_ARG_RANGE", message });
  });

const impossible: readonly (readonly [file: string, options: object, code: string, message: RegExp])[] = [
  ["x.csv", { delimiter: "ab" }, "SCSV_ARG_RANGE", /delimiter must be one ASCII character/],
  ["x.csv", { delimiter: "" }, "SCSV_ARG_RANGE", /not ""/],
  ["x.csv", { delimiter: "x" }, "SCSV_ARG_RANGE", /other than a letter, digit or line break, not "x"/],
  ["x.csv", { delimiter: "\n" }, "SCSV_ARG_RANGE", /not "\\n"/],
  ["x.csv", { delimiter: "\u00E9" }, "SCSV_ARG_RANGE", /ASCII/],
  ["x.csv", { delimiter: 7 }, "SCSV_ARG_TYPE", /delimiter must be a string, not 7/],
  ["x.csv", { delimiter: ";", quote: ";" }, "SCSV_ARG_RANGE", /delimiter and quote are both ";"/],
  ["x.tsv", { quote: "\t" }, "SCSV_ARG_RANGE", /a tab, which divides/],
  ["x.csv", { quote: "" }, "SCSV_ARG_RANGE", /quote must be one ASCII character .* or null/],
  ["x.csv", { quote: false }, "SCSV_ARG_TYPE", /quote must be a string or null, not false/],
  ["x.csv", { header: "no" }, "SCSV_ARG_TYPE", /header must be true or false, not "no"/],
  ["x.csv", { encoding: "utf8" }, "SCSV_ARG_RANGE", /encoding must be one of utf-8, .*not "utf8"/],
  ["x.csv", { encoding: 8 }, "SCSV_ARG_TYPE", /encoding/],
  ["x.csv", { nullValue: null }, "SCSV_ARG_TYPE", /nullValue must be a string, not null/],
  ["x.csv", { nullValue: "a\n" }, "SCSV_ARG_RANGE", /nullValue "a\\n" holds/],
  ["x.csv", { nullValue: "a;", delimiter: ";" }, "SCSV_ARG_RANGE", /nullValue "a;" holds/],
  ["x.csv", { nullValue: ' "' }, "SCSV_ARG_RANGE", /begins with a quote/],
  ["x.csv", { skipRows: 1.5 }, "SCSV_ARG_RANGE", /whole number from 0 on, not 1.5/],
  ["x.csv", { skipRows: -1 }, "SCSV_ARG_RANGE", /not -1/],
  ["x.csv", { skipRows: "1" }, "SCSV_ARG_TYPE", /skipRows must be a number, not "1"/],
  ["x.json", { delimiter: ";" }, "SCSV_ARG_RANGE", /delimiter is an option of CSV files, .*\.json/],
  ["x.ndjson.gz", { skipRows: 0 }, "SCSV_ARG_RANGE", /skipRows is an option of CSV files, .*\.ndjson/],
  [
    "x.parquet",
    { encoding: "latin-1" },
    "SCSV_ARG_RANGE",
    /encoding is an option of CSV and JSON files, .*\.parquet/,
  ],
  ["x.csv", { table: "t" }, "SCSV_ARG_RANGE", /table is an option of DuckDB and SQLite files, .*\.csv/],
  ["x.parquet", { table: "t" }, "SCSV_ARG_RANGE", /table is an option of DuckDB .*\.parquet/],
  ["x.duckdb", { quote: null }, "SCSV_ARG_RANGE", /quote is an option of CSV files/],
];

for (const [file, options, code, message] of impossible)
  test(`refuses ${JSON.stringify(options)} for ${file}`, async () => {
    await assert.rejects(openSources(file, options), { code, message });
  });

test("refuses a name that says of no kind, or of one that can't be compressed", async () => {
  for (const path of ["x.txt", "x.parquet.gz", "x.duckdb.zst", "x.csv.bz2", ".csv", ".csv.gz", "x.gz"])
    await assert.rejects(openSources(path), {
      code: "SCSV_SOURCE_UNSUPPORTED",
      message: `"${path}" is not a file type that can be read.`,
      hint: /\.csv.*\.gz or \.zst/,
    });
});

test("numbers empty and repeated names, and no others", () => {
  for (const [names, distinct] of [
    [
      ["a", "A", " a", "a\0"],
      ["a", "A", " a", "a\0"],
    ],
    [
      ["", "x", "", ""],
      ["column0", "x", "column2", "column3"],
    ],
    [
      ["", "column0"],
      ["column0_1", "column0"],
    ],
    [
      ["a", "a", "a_1", "a"],
      ["a", "a_2", "a_1", "a_3"],
    ],
    [
      ["__proto__", "__proto__", "constructor"],
      ["__proto__", "__proto___1", "constructor"],
    ],
  ] as const)
    assert.deepEqual(distinctNames(names), distinct);
});

test("numbers a hundred thousand equal names in time linear in their number", () => {
  const names = Array.from({ length: 100_000 }, () => "a");
  assert.equal(new Set(distinctNames(names)).size, 100_000);
});
