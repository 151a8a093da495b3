import assert from "node:assert/strict";
import { after, test } from "node:test";
import * as fc from "fast-check";
import { CsvEncoder, type Batch, type ColumnVector, type DialectOptions } from "../../src/index.ts";
import {
  ArrayValue,
  DayValue,
  DecimalValue,
  InstantValue,
  IntervalValue,
  SingleValue,
} from "../../src/csv/value.ts";
import { encoderNames } from "../../src/csv/encoder-name.ts";
import { resolveDialect } from "../../src/csv/resolve-dialect.ts";
import { shortestFloat } from "../../src/source/shortest-float.ts";
import { startPostgres } from "../../dev/postgres-server.ts";

const server = startPostgres();
const reason = typeof server === "string" ? server : false;
after(() => {
  if (typeof server !== "string") server.stop();
});

function copyOut(sql: string): string {
  assert.ok(typeof server !== "string");
  return server.run(sql).toString();
}

function ours(
  names: readonly string[],
  rows: readonly (readonly unknown[])[],
  options: DialectOptions = {},
): string {
  const batch: Batch = {
    rowCount: rows.length,
    columns: names.map((_, place) => ({ kind: "mixed", values: rows.map((row) => row[place]) })),
  };
  const encoder = new CsvEncoder(
    names.map((name) => ({ name })),
    resolveDialect("postgres", options),
  );
  return Buffer.concat([encoder.header(), encoder.encode(batch)]).toString();
}

function literal(text: string): string {
  return `E'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** A column: its type, and pairs of our value and PostgreSQL's literal for it. */
const columns: readonly (readonly [type: string, fc.Arbitrary<readonly [unknown, string]>])[] = [
  [
    "text",
    fc
      .oneof(
        fc.string({ unit: fc.constantFrom(...Array.from("abc ,;\"'\r\n\\.\té中🍜")), maxLength: 10 }),
        fc.constantFrom("", "\\.", "NULL", '"'),
      )
      .map((text) => [text, literal(text)] as const),
  ],
  [
    "bigint",
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => [value, `'${value}'`] as const),
  ],
  [
    "numeric(20,3)",
    fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n }).map((value) => {
      const decimal = new DecimalValue(value, 3);
      return [decimal, decimal.toString()] as const;
    }),
  ],
  [
    "float8",
    fc
      .oneof(
        fc.double(),
        fc.integer({ min: -1023, max: 1023 }).map((power) => 2 ** power),
        fc.integer({ min: -30, max: 30 }).map((power) => Number(`1e${power}`)),
        fc
          .tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 14, max: 30 }))
          .map(([digits, power]) => digits * 10 ** power),
        // Decimals half-way between two doubles, which PostgreSQL doesn't write, are frequent among these.
        fc
          .tuple(fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n }), fc.integer({ min: 0, max: 9 }))
          .map(([digits, power]) => Number(`${digits}e${power}`)),
        fc.constantFrom(
          -84_476_825_197_579_800,
          644_936_838_997_000_000,
          -0,
          0,
          1e14,
          1e15,
          1e23,
          123456789012345,
          1234567890123456,
          0.0001,
          0.00001,
          5e-324,
          2 ** 53,
          2 ** 54,
          9007199254740993e3,
        ),
      )
      .map((value) => [value, `'${Object.is(value, -0) ? "-0" : value}'`] as const),
  ],
  [
    "float4",
    fc
      .oneof(
        fc.float({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: -149, max: 127 }).map((power) => 2 ** power),
        fc.integer({ min: -45, max: 38 }).map((power) => Math.fround(Number(`1e${power}`))),
        fc.constantFrom(
          0,
          -0,
          16777216,
          123456789,
          1234567.9,
          100000,
          1000000,
          0.0001,
          0.00001,
          33554436,
          1e-45,
          // Its shortest decimal is within half a 64-bit number of the middle between two 32-bit ones.
          7.0385307e-26,
          -7.0385307e-26,
        ),
      )
      .map((value) => {
        const single = Math.fround(value);
        return [
          new SingleValue(shortestFloat(single)),
          `'${Object.is(single, -0) ? "-0" : single}'`,
        ] as const;
      }),
  ],
  [
    "interval",
    fc
      .tuple(
        fc.integer({ min: -5000, max: 5000 }),
        fc.integer({ min: -400, max: 400 }),
        fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n }),
        fc.nat(7),
      )
      .map(([months, days, microseconds, mask]) => {
        const [m, d, us] = [mask & 1 ? months : 0, mask & 2 ? days : 0, mask & 4 ? microseconds : 0n];
        const made = `make_interval(months => ${m}, days => ${d}) + ${us} * INTERVAL '1 microsecond'`;
        return [new IntervalValue(m, d, us), made] as const;
      }),
  ],
  [
    "text[]",
    fc
      .array(
        fc.option(
          fc.oneof(
            fc.string({ unit: fc.constantFrom(...Array.from("ab ,;\"'\\{}\n\té中")), maxLength: 6 }),
            fc.constantFrom("", "NULL", "null", "a b", " ", "\v"),
          ),
        ),
        { maxLength: 4 },
      )
      .map((items) => {
        const literals = items.map((item) => (item === null ? "NULL" : literal(item)));
        return [new ArrayValue(items), `ARRAY[${literals.join(", ")}]::text[]`] as const;
      }),
  ],
  [
    "int[]",
    fc
      .array(fc.option(fc.integer()), { maxLength: 4 })
      .map((items) => [new ArrayValue(items), `ARRAY[${items.map(String).join(", ")}]::int[]`] as const),
  ],
  [
    "bytea[]",
    fc.array(fc.uint8Array({ maxLength: 4 }), { maxLength: 3 }).map((items) => {
      const literals = items.map((item) => `'\\x${Buffer.from(item).toString("hex")}'::bytea`);
      return [new ArrayValue(items), `ARRAY[${literals.join(", ")}]::bytea[]`] as const;
    }),
  ],
  [
    "timestamp[]",
    fc.array(fc.integer({ min: 0, max: 2e9 }), { maxLength: 3 }).map((items) => {
      const literals = items.map((seconds) => `TIMESTAMP '1970-01-01' + INTERVAL '${seconds} s'`);
      const values = items.map((seconds) => new InstantValue(seconds * 1000, "ms"));
      return [new ArrayValue(values), `ARRAY[${literals.join(", ")}]::timestamp[]`] as const;
    }),
  ],
  [
    "boolean[]",
    fc
      .array(fc.boolean(), { maxLength: 3 })
      .map((items) => [new ArrayValue(items), `ARRAY[${items.join(", ")}]::boolean[]`] as const),
  ],
  ["boolean", fc.boolean().map((value) => [value, String(value)] as const)],
  [
    "date",
    fc
      .integer({ min: -900_000, max: 3_000_000 })
      .map((days) => [new DayValue(days), `DATE '1970-01-01' + ${days}`] as const),
  ],
  [
    "timestamp",
    fc.bigInt({ min: -80_000_000_000_000_000n, max: 300_000_000_000_000_000n }).map((ticks) => {
      const micros = ticks % 3n === 0n ? (ticks / 1_000_000n) * 1_000_000n : ticks;
      return [
        new InstantValue(micros, "us"),
        `TIMESTAMP '1970-01-01' + INTERVAL '${micros / 1_000_000n} s' + INTERVAL '${micros % 1_000_000n} us'`,
      ] as const;
    }),
  ],
  [
    "timestamptz",
    fc
      .integer({ min: -8e13, max: 3e14 })
      .map(
        (ms) =>
          [
            new Date(ms),
            `TIMESTAMPTZ '1970-01-01 00:00+00' + INTERVAL '${Math.trunc(ms / 1000)} s' + INTERVAL '${ms % 1000} ms'`,
          ] as const,
      ),
  ],
  [
    "bytea",
    fc
      .uint8Array({ maxLength: 6 })
      .map((bytes) => [bytes, `'\\x${Buffer.from(bytes).toString("hex")}'`] as const),
  ],
  [
    "json",
    fc.jsonValue({ maxDepth: 2 }).map((value) => {
      const made = { value };
      return [made, literal(JSON.stringify(made))] as const;
    }),
  ],
];

test("the postgres dialect is what COPY writes, byte for byte", { skip: reason }, () => {
  const row = fc.tuple(...columns.map(([, cell]) => fc.option(cell)));
  const seed = Math.floor(Math.random() * 2 ** 31);
  const rows = fc.sample(row, { numRuns: 2000, seed });
  const names = columns.map((_, index) => `c ${index}`);
  const definitions = columns.map(([type], index) => `"c ${index}" ${type}`);
  const values = rows.map((cells) => `(${cells.map((cell) => cell?.[1] ?? "NULL").join(", ")})`);
  const copied = copyOut(
    `CREATE TABLE t (n serial, ${definitions.join(", ")});
     INSERT INTO t (${names.map((name) => `"${name}"`).join(", ")}) VALUES ${values.join(",\n")};
     COPY (SELECT ${names.map((name) => `"${name}"`).join(", ")} FROM t ORDER BY n) TO STDOUT WITH (FORMAT csv, HEADER);`,
  );
  const expected = copied.split("\n");
  const actual = ours(
    names,
    rows.map((cells) => cells.map((cell) => cell?.[0] ?? null)),
  ).split("\n");
  for (const [index, line] of expected.entries())
    assert.equal(actual[index], line, `line ${index + 1}, seed ${seed}`);
  assert.equal(actual.length, expected.length);
});

const lone = [null, "", "\\.", "a", '"', "NULL", " "];
const variants: readonly (readonly [copy: string, options: DialectOptions])[] = [
  ["", {}],
  [", NULL 'NULL'", { nullValue: "NULL" }],
  [", FORCE_QUOTE *", { quoting: "all" }],
  [", FORCE_QUOTE *, NULL 'NULL'", { quoting: "all", nullValue: "NULL" }],
  [", DELIMITER ';', QUOTE ''''", { delimiter: ";", quote: "'" }],
];

test("the postgres dialect follows COPY in rows of one column and in its options", { skip: reason }, () => {
  const values = lone.map((text) => (text === null ? "NULL" : literal(text)));
  for (const [copy, options] of variants) {
    const one = `SELECT x AS "\\." FROM unnest(ARRAY[${values.join(", ")}]::text[]) x`;
    const two = `SELECT x, x || ';' AS y FROM unnest(ARRAY[${values.join(", ")}]::text[]) x`;
    assert.equal(
      ours(
        ["\\."],
        lone.map((text) => [text]),
        options,
      ),
      copyOut(`COPY (${one}) TO STDOUT WITH (FORMAT csv, HEADER${copy})`),
      copy,
    );
    assert.equal(
      ours(
        ["x", "y"],
        lone.map((text) => [text, text === null ? null : `${text};`]),
        options,
      ),
      copyOut(`COPY (${two}) TO STDOUT WITH (FORMAT csv, HEADER${copy})`),
      copy,
    );
  }
});

test("infinities are written as PostgreSQL writes them", { skip: reason }, () => {
  const copied = copyOut(
    `COPY (SELECT 'NaN'::float8 a, '-Infinity'::float8 b, 'infinity'::date c, '-infinity'::timestamp d) TO STDOUT WITH (FORMAT csv, HEADER)`,
  );
  const row = [Number.NaN, -Infinity, new DayValue(2 ** 31 - 1), new InstantValue(-(2n ** 63n - 1n), "us")];
  assert.equal(ours(["a", "b", "c", "d"], [row]), copied);
});

test("refuses a NUL, which PostgreSQL can't store in text, with row and column, in every kind of vector", () => {
  const names = [{ name: "a" }, { name: "b" }];
  const postgres = resolveDialect("postgres");
  const bytes = new TextEncoder().encode("finex\0yfine, and longer than before");
  const utf8 = { kind: "utf8" as const, bytes, starts: Uint32Array.of(0, 4), ends: Uint32Array.of(4, 8) };
  const vectors: readonly ColumnVector[] = [
    { kind: "text", values: ["fine", "x\0y"] },
    { kind: "mixed", values: ["fine", "x\0y"] },
    { kind: "mixed", values: ["fine", new ArrayValue(["\0"])] },
    { kind: "dictionary", dictionary: ["unused \0", "fine", "x\0y"], codes: Uint8Array.of(1, 2) },
    utf8,
  ];
  for (const vector of vectors) {
    for (const name of encoderNames) {
      const encoder = new CsvEncoder(names, postgres, name);
      const batch: Batch = {
        rowCount: 2,
        columns: [{ kind: "integer", values: Int8Array.of(1, 2) }, vector],
      };
      assert.throws(() => encoder.encode(batch), { code: "SCSV_NO_TEXT", row: 2, column: "b" }, vector.kind);
    }
    const other = new CsvEncoder(names, resolveDialect("unix"));
    assert.ok(other.encode({ rowCount: 2, columns: [vector, vector] }).length > 0);
  }
  assert.throws(() => new CsvEncoder([{ name: "a\0" }], postgres).header(), {
    code: "SCSV_NO_TEXT",
    column: "a\0",
  });
});
