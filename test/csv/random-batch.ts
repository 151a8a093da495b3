import * as fc from "fast-check";
import { DecimalValue, JsonTextValue, NumberTextValue } from "../../src/csv/value.ts";
import {
  dialects,
  type Batch,
  type ColumnVector,
  type Dialect,
  type DialectName,
  type DialectOptions,
  type Utf8Vector,
} from "../../src/index.ts";
import { resolveDialect } from "../../src/csv/resolve-dialect.ts";

import { shortestFloat } from "../../src/source/shortest-float.ts";

/** Text with every special character, and lengths around those at which the encoder changes its method. */
const text = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.string({
      unit: fc.constantFrom(
        ...Array.from("abc ,;|\t\"'\r\n\0\v%=+-@.0159éß√中の𠮷🍜\uFEFF\u00A0\u200B\u3000＝＠"),
      ),
      maxLength: 12,
    }),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 8 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "",
      "NULL",
      "-",
      "true",
      "0",
      "1.5",
      "\\.",
      "\uD800",
      "a\uDC00b",
      "-5",
      "+1,5",
      "=1+1",
      " -5 %",
      "\u{E0001}=1",
      "\uD835\uDD73",
      "00123",
      "-007.50",
      " 0012,5 ",
      "12E4",
      "+4930123",
      "1234567890123456",
      "9".repeat(255),
      "9".repeat(256),
      "\r",
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom("x", "é", "中", "🍜", "x,y", 'q"', "\n"),
        fc.constantFrom(30, 95, 96, 97, 400),
        fc.constantFrom("", '"', ",", "\r"),
      )
      .map(([unit, count, end]) => unit.repeat(count) + end),
  },
);

const finite = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -1e9, max: 1e9 }).map((value) => value / 1000),
  fc.integer({ min: -1e9, max: 1e9 }).map((value) => value / 1e6),
  fc.constantFrom(
    -0,
    0,
    1e21,
    1e-7,
    5e-324,
    0.1,
    0.3,
    1e9,
    999999999.999999,
    123456789.123456,
    2 ** 31,
    -(2 ** 31),
    2 ** 53,
  ),
);
const number = fc.oneof(
  { weight: 9, arbitrary: finite },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity, -Infinity) },
);
const instant = fc.oneof(
  fc.integer({ min: -4e12, max: 4e12 }),
  fc.integer({ min: -8.64e15, max: 8.64e15 }),
  fc.constantFrom(-62_167_219_200_000, -62_167_219_200_001, 253_402_300_799_999, 253_402_300_800_000, 0, -1),
);
const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.maxSafeInteger().map(BigInt),
  fc.constantFrom(
    2n ** 53n,
    -(2n ** 53n),
    -(2n ** 53n) - 1n,
    2n ** 53n - 1n,
    2n ** 63n - 1n,
    -(2n ** 63n) + 1n,
    0n,
    -1n,
  ),
);

/** A number in JSON's form, sometimes with more digits than a double has. */
const numberText = fc
  .tuple(
    fc.boolean(),
    fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 40n }), fc.nat(99).map(BigInt)),
    fc.oneof(fc.constant(""), fc.stringMatching(/^\.[0-9]{1,30}$/)),
    fc.oneof(fc.constant(""), fc.stringMatching(/^[eE][+-]?[0-9]{1,3}$/)),
  )
  .map(([isNegative, whole, fraction, exponent]) => `${isNegative ? "-" : ""}${whole}${fraction}${exponent}`);

/** JSON as in some file, with or without white space. */
const jsonDocument = fc.oneof(
  fc.json({ maxDepth: 2 }),
  fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value, null, 1)),
);

/** Any value that user code may put into a cell. */
const mixed = fc.oneof(
  text,
  number,
  fc.boolean(),
  fc.bigInt(),
  fc.constantFrom(null, undefined, ""),
  instant.map((milliseconds) => new Date(milliseconds)),
  fc.uint8Array({ maxLength: 8 }),
  fc
    .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat(12))
    .map(([unscaled, scale]) => new DecimalValue(unscaled, scale)),
  numberText.map((digits) => new NumberTextValue(digits)),
  jsonDocument.map((json) => new JsonTextValue(json)),
  fc.jsonValue({ maxDepth: 2 }).map((value) => ({ value })),
  fc.array(
    fc.oneof(
      fc.bigInt(),
      text,
      numberText.map((digits) => new NumberTextValue(digits)),
    ),
    { maxLength: 3 },
  ),
  fc.oneof(text, number, fc.boolean(), fc.constant(null)).map((value) => ({ toJSON: () => value })),
);

/** Texts as bytes, in reverse order, with `gap` other bytes between them. */
export function utf8Vector(texts: readonly string[], gap: number): Utf8Vector {
  return { kind: "utf8", ...textBytes(texts, gap) };
}

function textBytes(texts: readonly string[], gap: number): Omit<Utf8Vector, "kind"> {
  const encoded = texts.map((one) => new TextEncoder().encode(one));
  const between = new Uint8Array(gap).fill(0x22);
  const starts = new Uint32Array(texts.length);
  const ends = new Uint32Array(texts.length);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (let row = texts.length - 1; row >= 0; row -= 1) {
    const bytes = encoded[row] ?? between;
    starts[row] = at;
    ends[row] = at + bytes.length;
    at += bytes.length + gap;
    parts.push(bytes, between);
  }
  return { bytes: Uint8Array.from(Buffer.concat(parts)), starts, ends };
}

/** A vector of each kind, with the given number of rows. */
function vector(rows: number): fc.Arbitrary<ColumnVector> {
  const many = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
    fc.array(of, { minLength: rows, maxLength: rows });
  const nulls = fc.oneof(
    fc.constant({}),
    many(fc.boolean()).map((flags) => ({ nulls: Uint8Array.from(flags, Number) })),
  );
  const withNulls = <V extends ColumnVector>(of: fc.Arbitrary<V>): fc.Arbitrary<ColumnVector> =>
    fc.tuple(of, nulls).map(([made, mask]) => Object.assign(made, mask));
  return fc.oneof(
    withNulls(
      fc.oneof(
        many(fc.maxSafeInteger()).map((values) => ({
          kind: "integer" as const,
          values: Float64Array.from(values),
        })),
        many(fc.integer()).map((values) => ({ kind: "integer" as const, values: Int32Array.from(values) })),
        many(int64).map((values) => ({ kind: "integer" as const, values: BigInt64Array.from(values) })),
        many(int64).map((values) => ({ kind: "integer" as const, values: BigUint64Array.from(values) })),
        many(fc.bigInt()).map((values) => ({ kind: "integer" as const, values })),
      ),
    ),
    withNulls(
      fc
        .tuple(
          fc.nat(20),
          fc.oneof(
            many(fc.maxSafeInteger()).map((values) => Float64Array.from(values)),
            many(fc.integer()).map((values) => Int32Array.from(values)),
            many(int64).map((values) => BigInt64Array.from(values)),
            many(fc.bigInt()),
          ),
        )
        .map(([scale, unscaled]) => ({ kind: "decimal" as const, scale, unscaled })),
    ),
    withNulls(
      fc.tuple(many(number), fc.boolean()).map(([values, isSingle]) => ({
        kind: "float" as const,
        isSingle,
        values: Float64Array.from(values, (value) => (isSingle ? shortestFloat(Math.fround(value)) : value)),
      })),
    ),
    withNulls(
      many(fc.nat(2)).map((values) => ({ kind: "boolean" as const, values: Uint8Array.from(values) })),
    ),
    withNulls(
      fc.tuple(many(instant), fc.boolean()).map(([values, isZoned]) => ({
        kind: "timestamp" as const,
        unit: "ms" as const,
        isZoned,
        values: Float64Array.from(values),
      })),
    ),
    withNulls(
      fc
        .tuple(many(fc.tuple(instant, fc.constantFrom(1000, 1001, 999.7, 10 ** 6))), fc.boolean())
        .map(([values, isZoned]) => ({
          kind: "timestamp" as const,
          unit: "us" as const,
          isZoned,
          values: Float64Array.from(values, ([value, factor]) => value * factor),
        })),
    ),
    withNulls(
      fc
        .tuple(
          fc.constantFrom("ms" as const, "us" as const, "ns" as const),
          many(
            fc.oneof(
              int64,
              instant.map((value) => BigInt(value) * 1001n),
            ),
          ),
        )
        .map(([unit, values]) => ({ kind: "timestamp" as const, unit, values: BigInt64Array.from(values) })),
    ),
    withNulls(
      many(
        fc.oneof(
          fc.integer({ min: -800_000, max: 3_000_000 }),
          fc.integer(),
          fc.constantFrom(2 ** 31 - 1, 1 - 2 ** 31),
        ),
      ).map((values) => ({ kind: "date" as const, values: Int32Array.from(values) })),
    ),
    many(fc.option(text)).map((values) => ({ kind: "text" as const, values })),
    withNulls(
      fc
        .tuple(many(numberText), fc.nat(3))
        .map(([texts, gap]) => Object.assign(textBytes(texts, gap), { kind: "number-text" as const })),
    ),
    withNulls(
      fc
        .tuple(many(jsonDocument), fc.nat(3))
        .map(([texts, gap]) => Object.assign(textBytes(texts, gap), { kind: "json-text" as const })),
    ),
    withNulls(
      fc
        .tuple(many(text), fc.nat(3), fc.boolean())
        .map(([texts, gap, isText]) => Object.assign(utf8Vector(texts, gap), isText ? {} : { isText })),
    ),
    fc.array(fc.option(text), { minLength: 1, maxLength: 5 }).chain((dictionary) =>
      many(fc.nat(dictionary.length - 1)).map((codes) => ({
        kind: "dictionary" as const,
        dictionary,
        codes: Uint8Array.from(codes),
      })),
    ),
    many(fc.option(fc.uint8Array({ maxLength: 5 }))).map((values) => ({ kind: "bytes" as const, values })),
    many(mixed).map((values) => ({ kind: "mixed" as const, values })),
    many(fc.tuple(mixed, mixed)).map((pairs) => ({
      kind: "mixed" as const,
      values: [null, ...pairs.flat()],
      first: 2,
      step: 2,
    })),
  );
}

/** Rows of user code, which follow each other in one array. */
const rowTable: fc.Arbitrary<Batch> = fc
  .tuple(fc.nat(40), fc.integer({ min: 1, max: 6 }))
  .chain(([rowCount, step]) =>
    fc.array(mixed, { minLength: rowCount * step, maxLength: rowCount * step }).map((values) => ({
      rowCount,
      columns: Array.from({ length: step }, (_, first) => ({ kind: "mixed" as const, values, first, step })),
    })),
  );

/** All special characters that occur in none of the texts. */
function absentFrom(texts: readonly string[]): string {
  return Array.from(",;|^=@\t\"'`\r\n")
    .filter((character) => !texts.some((one) => one.includes(character)))
    .join("");
}

/** Rows of a file: texts that follow each other, and some of its columns in any order. */
const textTable: fc.Arbitrary<Batch> = fc
  .tuple(fc.nat(40), fc.integer({ min: 1, max: 6 }), fc.nat(3))
  .chain(([rowCount, step, gap]) => {
    const cellCount = rowCount * step;
    const exactly = { minLength: cellCount, maxLength: cellCount };
    return fc
      .tuple(
        fc.array(text, exactly),
        fc.option(fc.array(fc.boolean(), exactly)),
        fc.array(fc.nat(step - 1), { minLength: 1, maxLength: 6 }),
      )
      .map(([texts, flags, firsts]) => {
        const shared = {
          ...utf8Vector(texts, gap),
          without: absentFrom(texts),
          ...(flags === null ? {} : { nulls: Uint8Array.from(flags, Number) }),
        };
        return { rowCount, columns: firsts.map((first) => ({ ...shared, first, step })) };
      });
  });

/** Rows as stored in a file, with a delimiter between them and all columns in order. A null may be empty or not. */
const linedTable: fc.Arbitrary<Batch> = fc
  .tuple(fc.nat(40), fc.integer({ min: 1, max: 6 }), fc.constantFrom(",", ";", "\t"))
  .chain(([rowCount, step, delimiter]) => {
    const cellCount = rowCount * step;
    const cell = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.string({ unit: fc.constantFrom(...Array.from("abc 019.-é🍜=")), maxLength: 20 }),
      },
      { weight: 1, arbitrary: text },
    );
    const exactly = { minLength: cellCount, maxLength: cellCount };
    return fc.tuple(fc.array(cell, exactly), fc.array(fc.nat(99), exactly)).map(([texts, flags]) => {
      const lengths = texts.map((one) => new TextEncoder().encode(one).length);
      const starts = Uint32Array.from(texts.keys());
      for (let place = 1; place < cellCount; place += 1)
        starts[place] = (starts[place - 1] ?? 0) + (lengths[place - 1] ?? 0) + 1;
      const shared = {
        kind: "utf8" as const,
        bytes: new TextEncoder().encode(texts.join(delimiter) + "~".repeat(32)),
        starts,
        ends: Uint32Array.from(starts, (start, place) => start + (lengths[place] ?? 0)),
        nulls: Uint8Array.from(texts, (one, place) => Number((one === "") !== (flags[place] === 0))),
        without: absentFrom(texts),
      };
      return {
        rowCount,
        columns: Array.from({ length: step }, (_, first) => ({ ...shared, first, step })),
      };
    });
  });

const columnBatch: fc.Arbitrary<Batch> = fc
  .tuple(fc.nat(40), fc.integer({ min: 1, max: 6 }))
  .chain(([rowCount, columnCount]) =>
    fc
      .array(vector(rowCount), { minLength: columnCount, maxLength: columnCount })
      .map((columns) => ({ rowCount, columns })),
  );

/** Up to 40 rows of up to six columns of any kinds, or rows as user code makes them. */
export const randomBatch: fc.Arbitrary<Batch> = fc.oneof(
  { weight: 4, arbitrary: columnBatch },
  { weight: 1, arbitrary: rowTable },
  { weight: 2, arbitrary: textTable },
  { weight: 2, arbitrary: linedTable },
);

const names = Object.keys(dialects) as DialectName[];

/** Any preset with any valid combination of overrides. */
export const randomDialect: fc.Arbitrary<Dialect> = fc
  .record({
    name: fc.constantFrom(...names),
    options: fc.record<DialectOptions>(
      {
        delimiter: fc.constantFrom(",", ";", "\t", "|", "^", "=", "@"),
        quote: fc.constantFrom('"', "'", "`"),
        recordDelimiter: fc.constantFrom("\n", "\r\n"),
        header: fc.boolean(),
        bom: fc.boolean(),
        quoting: fc.constantFrom("minimal", "strings", "all"),
        nullValue: fc.constantFrom("", "NULL", "-", "0", "true", "\\N", "1970-01-01", "ñ", "x"),
        decimalSeparator: fc.constantFrom(".", ","),
        nonFinite: fc.constantFrom("text", "null"),
        formulas: fc.constantFrom("allow", "escape"),
        timestamps: fc.constantFrom("iso", "space"),
        textNumbers: fc.constantFrom("plain", "formula"),
      },
      { requiredKeys: ["nonFinite"] },
    ),
  })
  .filter(({ name, options }) => {
    const delimiter = options.delimiter ?? dialects[name].delimiter;
    return (options.decimalSeparator ?? dialects[name].decimalSeparator) !== delimiter;
  })
  .map(({ name, options }) => {
    const { formulas, ...others } = options;
    return resolveDialect(name, formulas === "reject" ? others : options);
  });
