import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { CsvEncoder, type Batch, type DialectOptions } from "../../src/index.ts";
import { encoderNames } from "../../src/csv/encoder-name.ts";
import { resolveDialect } from "../../src/csv/resolve-dialect.ts";
import { isFragileNumber, mayBeFragileNumber } from "../../src/csv/text-number.ts";
import { DecimalValue, JsonTextValue, NumberTextValue, WrittenValue } from "../../src/csv/value.ts";
import { utf8Vector } from "./random-batch.ts";

const fragile = [
  "00123",
  "-00123",
  "007.50",
  "0012,5",
  " 00123",
  "00123 ",
  "00",
  "+4930123",
  "+5",
  "12E4",
  "2310009e13",
  "1234567890123456",
  "12345678901.23456",
  "-1234567890123456",
  "9".repeat(255),
];
const sound = [
  "",
  "0",
  "-0",
  "5",
  "-5",
  "0.5",
  "-0.50",
  "1,50",
  "1.10",
  "123456789012345",
  "0.000000000000000001",
  "1e+21",
  "1e-7",
  "1.5E10",
  "E5",
  "5E",
  "+",
  "+49 30 123",
  "00123a",
  "00-12",
  "00 12",
  "00:12",
  "2026-11-28",
  "٠٠١٢٣",
  "\u00a000123",
  "9".repeat(256),
];

test("knows the texts that a spreadsheet reads as a number and doesn't give back", () => {
  assert.deepEqual(
    [...fragile, ...sound].filter((text) => isFragileNumber(text)),
    fragile,
  );
});

test("treats bytes as it treats text", () => {
  const text = fc.string({ unit: fc.constantFrom(...Array.from("0015+-.,eE a\u00a0")), maxLength: 6 });
  fc.assert(
    fc.property(text, (one) => {
      const bytes = new TextEncoder().encode(one);
      if (isFragileNumber(one)) assert.ok(mayBeFragileNumber(bytes, 0, bytes.length), JSON.stringify(one));
    }),
    { numRuns: 20_000, examples: fragile.map((one) => [one]) },
  );
  const word = new TextEncoder().encode("1st");
  assert.equal(mayBeFragileNumber(word, 0, word.length), false);
});

/** The rows that both encoders write, and the cells that they count. */
function written(
  batch: Batch,
  options: DialectOptions,
): { readonly lines: readonly string[]; readonly guardedCells: number } {
  const [one, other] = encoderNames.map((name) => {
    const columns = batch.columns.map((_, index) => ({ name: index === 0 ? "007" : "n" }));
    const encoder = new CsvEncoder(columns, resolveDialect("unix", options), name);
    const bytes = Buffer.concat([encoder.header(), encoder.encode(batch)]);
    return { lines: bytes.toString().split("\n").slice(0, -1), guardedCells: encoder.guardedCells };
  });
  assert.deepEqual(one, other);
  assert.ok(one !== undefined);
  return one;
}

test("writes such text as a formula if the dialect asks for it, and counts it beside the guarded cells", () => {
  const texts = ["00123", "5", "=1", "+5"];
  const dictionary = { kind: "dictionary" as const, codes: Uint8Array.of(0, 1, 2, 3), dictionary: texts };
  const batch: Batch = {
    rowCount: 4,
    columns: [utf8Vector(texts, 0), { kind: "text", values: texts }, dictionary],
  };
  assert.deepEqual(written(batch, { textNumbers: "formula", formulas: "escape" }), {
    lines: [
      '"=""007""",n,n',
      '"=""00123""","=""00123""","=""00123"""',
      "5,5,5",
      "'=1,'=1,'=1",
      '"=""+5""","=""+5""","=""+5"""',
    ],
    guardedCells: 10,
  });
  assert.deepEqual(written(batch, { formulas: "escape" }), {
    lines: ["007,n,n", "00123,00123,00123", "5,5,5", "'=1,'=1,'=1", "+5,+5,+5"],
    guardedCells: 3,
  });
});

test("writes whole numbers of more than 15 digits as formulas too, whatever holds them, and no other numbers", () => {
  const long = 1_234_567_890_123_456;
  const values = [
    long,
    BigInt(long),
    new DecimalValue(BigInt(long), 0),
    new NumberTextValue(String(long)),
    { toJSON: () => long },
  ];
  const kept = [
    999_999_999_999_999,
    1e21,
    0.30000000000000004,
    new DecimalValue(BigInt(long), 2),
    new JsonTextValue(String(long)),
    new WrittenValue("00123"),
    ["00123"],
  ];
  const batch: Batch = {
    rowCount: values.length + kept.length,
    columns: [{ kind: "mixed", values: [...values, ...kept] }],
  };
  const formulas = Array.from(values, () => '"=""1234567890123456"""');
  assert.deepEqual(written(batch, { header: false, textNumbers: "formula" }), {
    lines: [
      ...formulas,
      "999999999999999",
      "1e+21",
      "0.30000000000000004",
      "12345678901234.56",
      "1234567890123456",
      "00123",
      '"[""00123""]"',
    ],
    guardedCells: values.length,
  });
  const vectors: Batch = {
    rowCount: 1,
    columns: [
      { kind: "integer", values: Float64Array.of(-long) },
      { kind: "integer", values: BigInt64Array.of(2n ** 62n) },
      { kind: "integer", values: Int32Array.of(7) },
      { kind: "float", values: Float64Array.of(long) },
      { kind: "decimal", unscaled: BigInt64Array.of(2n ** 62n), scale: 0 },
      { ...utf8Vector(["12345678901234567890"], 0), kind: "number-text" },
    ],
  };
  assert.deepEqual(written(vectors, { header: false, textNumbers: "formula" }), {
    lines: [
      '"=""-1234567890123456""","=""4611686018427387904""",7,"=""1234567890123456""","=""4611686018427387904""","=""12345678901234567890"""',
    ],
    guardedCells: 5,
  });
});

test("takes time in proportion to the length of any text", () => {
  for (const unit of [" ", "0", "1", "1.", "1e5", "-1"])
    for (const begin of ["", "+", " "]) {
      isFragileNumber(`${begin}${unit.repeat(200_000)}x`);
      isFragileNumber(`${begin}${unit.repeat(120)}x`);
    }
});
