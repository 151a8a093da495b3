import assert from "node:assert/strict";
import { test } from "node:test";
import { contentTypeOf, fileEndingOf } from "../../src/csv/dialect.ts";
import { dialectOptionNames, dialectTextOptions, parseDialectOption } from "../../src/csv/dialect-text.ts";
import { CsvEncoder, dialects, type Dialect, type DialectOptions } from "../../src/index.ts";
import { resolveDialect } from "../../src/csv/resolve-dialect.ts";

test("a dialect is a preset, replaced by an object's options, replaced by overrides", () => {
  assert.deepEqual(resolveDialect(), dialects.rfc4180);
  assert.deepEqual(resolveDialect("unix"), { ...dialects.rfc4180, name: "unix", recordDelimiter: "\n" });
  const half = resolveDialect({ name: "unix", delimiter: ";", header: false }, { delimiter: "|" });
  assert.deepEqual(half, { ...dialects.unix, delimiter: "|", header: false });
  assert.deepEqual(resolveDialect(half), half, "a finished dialect is one already");
  const absent = { delimiter: undefined } as unknown as DialectOptions;
  assert.deepEqual(resolveDialect("unix", absent), dialects.unix);
});

test("a null marker of signs alone, in which a spreadsheet finds nothing to compute, is taken by a guard too", () => {
  for (const nullValue of ["-", "--", "+", "\\N"])
    assert.equal(resolveDialect("excel", { nullValue }).nullValue, nullValue);
});

test("a finished dialect with words that would need quotes is refused", () => {
  for (const word of ["a,b", '"', "yes\n"]) {
    const dialect: Dialect = { ...dialects.unix, booleans: ["no", word] };
    assert.throws(() => new CsvEncoder([{ name: "a" }], dialect), {
      code: "SCSV_ARG_RANGE",
      message:
        /^booleans in a dialect has .*: a word without the delimiter, the quote and line breaks is needed\.$/,
    });
  }
});

const refused: readonly (readonly [options: Record<string, unknown>, sentence: RegExp])[] = [
  [{ delimiter: '"' }, /^delimiter and quote are both "\\"": they must differ\.$/],
  [{ delimiter: "ab" }, /^delimiter must be one ASCII character .* not "ab"\.$/],
  [{ delimiter: "" }, /^delimiter must be one ASCII character/],
  [{ delimiter: "\n" }, /^delimiter must be one ASCII character/],
  [{ delimiter: "5" }, /^delimiter must be .* other than a letter, digit/],
  [{ delimiter: "é" }, /^delimiter must be one ASCII character/],
  [{ quote: "-" }, /^quote must be one ASCII character/],
  [{ quote: 1 }, /^quote must be a string, not 1\.$/],
  [{ recordDelimiter: "\r" }, /^recordDelimiter must be "\\n" or "\\r\\n", not "\\r"\.$/],
  [{ header: "yes" }, /^header must be true or false, not "yes"\.$/],
  [{ quoting: "some" }, /^quoting must be "minimal", "strings" or "all", not "some"\.$/],
  [{ nullValue: "a,b" }, /^nullValue "a,b" holds ",": it is written bare/],
  [{ nullValue: '"' }, /^nullValue .* holds "\\""/],
  [{ nullValue: "a\nb" }, /^nullValue "a\\nb" holds "\\n"/],
  [
    { formulas: "escape", nullValue: "=1+1" },
    /^nullValue "=1\+1" would be a formula in a spreadsheet, and formulas is "escape": choose another\.$/,
  ],
  [{ formulas: "escape", nullValue: "-none-" }, /^nullValue "-none-" would be a formula/],
  [{ formulas: "reject", nullValue: "@a" }, /^nullValue "@a" would be a formula/],
  [{ nullValue: null }, /^nullValue must be a string, not null\.$/],
  [{ decimalSeparator: "," }, /^decimalSeparator "," is also the delimiter: choose another of the two\.$/],
  [{ decimalSeparator: ";" }, /^decimalSeparator must be "\." or ",", not ";"\.$/],
  [{ nonFinite: "zero" }, /^nonFinite must be "error", "text" or "null"/],
  [{ formulas: "run" }, /^formulas must be "allow", "escape" or "reject"/],
  [{ timestamps: "unix" }, /^timestamps must be "iso" or "space", not "unix"\.$/],
  [{ textNumbers: "text" }, /^textNumbers must be "plain" or "formula", not "text"\.$/],
  [{ delimeter: ";" }, /^delimeter is not an option of a dialect\. Use one of/],
];

test("refuses what isn't allowed and what doesn't go together, in a sentence", () => {
  for (const [options, message] of refused)
    assert.throws(
      () => resolveDialect("rfc4180", options),
      (error: Error & { code?: string }) => {
        assert.match(error.message, message);
        assert.match(error.code ?? "", /^SCSV_ARG_(?:RANGE|TYPE)$/);
        return true;
      },
      JSON.stringify(options),
    );
  assert.throws(() => resolveDialect("rfc" as Dialect["name"]), /dialect "rfc" is unknown: choose rfc4180/);
  assert.throws(() => resolveDialect(7 as unknown as Dialect), { name: "TypeError", code: "SCSV_ARG_TYPE" });
});

test("reads every option from text, delimiters also by name", () => {
  assert.deepEqual(Object.keys(dialectTextOptions), dialectOptionNames);
  assert.deepEqual(parseDialectOption("delimiter", "tab"), { delimiter: "\t" });
  assert.deepEqual(parseDialectOption("delimiter", "semicolon"), { delimiter: ";" });
  assert.deepEqual(parseDialectOption("delimiter", "^"), { delimiter: "^" });
  assert.deepEqual(parseDialectOption("quote", "'"), { quote: "'" });
  assert.deepEqual(parseDialectOption("recordDelimiter", "crlf"), { recordDelimiter: "\r\n" });
  assert.deepEqual(parseDialectOption("header", "false"), { header: false });
  assert.deepEqual(parseDialectOption("nullValue", ""), { nullValue: "" });
  assert.deepEqual(parseDialectOption("decimalSeparator", ","), { decimalSeparator: "," });
  assert.deepEqual(parseDialectOption("quoting", "all"), { quoting: "all" });
  assert.deepEqual(parseDialectOption("nonFinite", "null"), { nonFinite: "null" });
  assert.deepEqual(parseDialectOption("formulas", "reject"), { formulas: "reject" });
  assert.deepEqual(parseDialectOption("timestamps", "space"), { timestamps: "space" });
  assert.deepEqual(parseDialectOption("textNumbers", "formula"), { textNumbers: "formula" });
});

test("refuses a text that is not a value of an option, and says what is allowed", () => {
  const sentences: readonly (readonly [keyof DialectOptions, string, RegExp])[] = [
    [
      "delimiter",
      "tabs",
      /^delimiter "tabs" isn't one character: write one, or its name: tab, \\t, comma, semicolon, pipe\.$/,
    ],
    ["delimiter", "", /^delimiter "" isn't one character/],
    ["header", "yes", /^header "yes" isn't allowed: write true or false\.$/],
    ["recordDelimiter", "cr", /^recordDelimiter "cr" isn't allowed: write lf or crlf\.$/],
    ["bom", "toString", /^bom "toString" isn't allowed/],
  ];
  for (const [name, text, message] of sentences)
    assert.throws(() => parseDialectOption(name, text), {
      name: "RangeError",
      code: "SCSV_ARG_RANGE",
      message,
    });
});

test("the media type and the file ending follow header and delimiter", () => {
  assert.equal(contentTypeOf(dialects.rfc4180), "text/csv; charset=utf-8; header=present");
  assert.equal(
    contentTypeOf(resolveDialect("unix", { header: false })),
    "text/csv; charset=utf-8; header=absent",
  );
  const tabs = resolveDialect("unix", { delimiter: "\t" });
  assert.equal(contentTypeOf(tabs), "text/tab-separated-values; charset=utf-8");
  assert.equal(fileEndingOf(tabs), ".tsv");
  assert.equal(fileEndingOf(dialects.unix), ".csv");
});
