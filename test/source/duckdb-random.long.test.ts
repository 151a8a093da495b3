import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import * as fc from "fast-check";
import { parse } from "csv-parse/sync";
import { openSource } from "../../src/index.ts";
import { testFolder, textOf } from "./duckdb-files.ts";

const folder = testFolder("random");

/** Values to compare; `RANDOM_VALUES=1000000` tries more. */
const valuesWanted = Number(process.env["RANDOM_VALUES"] ?? 1000);

/** A type, literals of it, and the text of a column of it in CSV, as an expression of DuckDB's. */
interface Scalar {
  readonly type: string;
  readonly value: fc.Arbitrary<string>;
  /** As a cell. */
  readonly cell: (column: string) => string;
  /** As JSON within a nested value. */
  readonly json: (column: string) => string;
}

function integers(type: string, min: bigint, max: bigint): Scalar {
  return {
    type,
    value: fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n)).map((value) => `'${value}'`),
    cell: (column) => `${column}::VARCHAR`,
    json: (column) => `${column}::VARCHAR`,
  };
}

function decimals(width: number, scale: number): Scalar {
  const most = 10n ** BigInt(width) - 1n;
  const value = fc
    .oneof(fc.bigInt({ min: -most, max: most }), fc.constantFrom(most, -most, 0n, 1n))
    .map((unscaled) => {
      const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
      const whole = digits.slice(0, digits.length - scale);
      return `'${unscaled < 0n ? "-" : ""}${whole}.${digits.slice(digits.length - scale)}'`;
    });
  return {
    type: `DECIMAL(${width},${scale})`,
    value,
    cell: (column) => `${column}::VARCHAR`,
    json: (column) => `${column}::VARCHAR`,
  };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Neither a NUL, which a literal can't hold, nor half a pair, which UTF-8 can't. */
const text = fc
  .oneof(
    fc.string({ unit: fc.constantFrom(...Array.from("abc ,;|\"'\\\n\r\té中🍜\uFEFF{}[]:")), maxLength: 30 }),
    fc.string({ unit: "grapheme", maxLength: 20 }),
    fc.constantFrom("", "NULL", "\uFEFF", "twelve bytes", "thirteen byte", "x".repeat(300)),
  )
  .filter((value) => !value.includes("\0") && value.isWellFormed());

const iso = (column: string, fraction: string): string =>
  `CASE WHEN isinf(${column}::TIMESTAMP) THEN ${column}::VARCHAR ELSE strftime(${column}, '%Y-%m-%dT%H:%M:%S.') || ${fraction} || 'Z' END`;
const micros = (column: string): string =>
  `CASE WHEN epoch_us(${column}::TIMESTAMP) % 1000 = 0 THEN strftime(${column}, '%g') ELSE strftime(${column}, '%f') END`;
const asString = (write: (column: string) => string) => (column: string) => `to_json(${write(column)})`;

function instants(type: string, write: (column: string) => string): Scalar {
  const value = fc
    .date({ min: new Date("1700-01-01"), max: new Date("2250-01-01"), noInvalidDate: true })
    .chain((date) => fc.nat(999).map((rest) => `'${date.toISOString().slice(0, -1)}${rest}'`));
  return { type, value, cell: write, json: asString(write) };
}

const scalars: readonly Scalar[] = [
  integers("TINYINT", -128n, 127n),
  integers("SMALLINT", -32768n, 32767n),
  integers("INTEGER", -(2n ** 31n), 2n ** 31n - 1n),
  integers("BIGINT", -(2n ** 63n), 2n ** 63n - 1n),
  integers("UTINYINT", 0n, 255n),
  integers("UINTEGER", 0n, 2n ** 32n - 1n),
  integers("UBIGINT", 0n, 2n ** 64n - 1n),
  decimals(4, 2),
  decimals(9, 3),
  decimals(18, 6),
  decimals(38, 10),
  {
    type: "BOOLEAN",
    value: fc.boolean().map(String),
    cell: (column) => `${column}::VARCHAR`,
    json: (column) => `${column}::VARCHAR`,
  },
  {
    type: "VARCHAR",
    value: text.map(quoted),
    cell: (column) => column,
    json: (column) => `to_json(${column})`,
  },
  {
    type: "BLOB",
    value: fc
      .uint8Array({ maxLength: 20 })
      .map((bytes) => `from_hex('${Buffer.from(bytes).toString("hex")}')`),
    cell: (column) => `'\\x' || lower(hex(${column}))`,
    json: asString((column) => `'\\x' || lower(hex(${column}))`),
  },
  {
    type: "DATE",
    value: fc.integer({ min: -700_000, max: 2_900_000 }).map((days) => `DATE '1970-01-01' + (${days})`),
    cell: (column) => `${column}::VARCHAR`,
    json: asString((column) => `${column}::VARCHAR`),
  },
  instants("TIMESTAMP", (column) => iso(column, micros(column))),
  instants("TIMESTAMPTZ", (column) =>
    iso(`(${column} AT TIME ZONE 'UTC')`, micros(`(${column} AT TIME ZONE 'UTC')`)),
  ),
  instants("TIMESTAMP_NS", (column) =>
    iso(
      column,
      `CASE WHEN epoch_ns(${column}) % 1000000 = 0 THEN strftime(${column}, '%g')
            WHEN epoch_ns(${column}) % 1000 = 0 THEN strftime(${column}, '%f') ELSE strftime(${column}, '%n') END`,
    ),
  ),
  {
    type: "TIME",
    value: fc.nat(86_399_999).map((ms) => `TIME '00:00:00' + INTERVAL (${ms}) MILLISECOND`),
    cell: (column) => `${column}::VARCHAR`,
    json: asString((column) => `${column}::VARCHAR`),
  },
  {
    type: "INTERVAL",
    value: fc
      .tuple(
        fc.integer({ min: -2000, max: 2000 }),
        fc.integer({ min: -400, max: 400 }),
        fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n }),
      )
      .map(([months, days, us]) => `to_months(${months}) + to_days(${days}) + to_microseconds(${us})`),
    cell: (column) => `${column}::VARCHAR`,
    json: asString((column) => `${column}::VARCHAR`),
  },
  {
    type: "UUID",
    value: fc.uuid().map(quoted),
    cell: (column) => `${column}::VARCHAR`,
    json: asString((column) => `${column}::VARCHAR`),
  },
];

/** Doubles are compared as numbers: DuckDB writes them in another form. */
const doubles: readonly Scalar[] = ["DOUBLE", "FLOAT"].map((type) => ({
  type,
  value: (type === "DOUBLE"
    ? fc.double({ noNaN: true, noDefaultInfinity: true })
    : fc.float({ noNaN: true, noDefaultInfinity: true })
  ).map((value) => `'${value}'`),
  cell: (column) => `${column}::VARCHAR`,
  json: (column) => `${column}::VARCHAR`,
}));

/** A column: its type, literals, and what it has to look like. */
interface Column {
  readonly type: string;
  readonly value: fc.Arbitrary<string>;
  readonly expected: (column: string) => string;
  readonly isNumber: boolean;
}

const optional = (value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.option(value, { nil: "NULL", freq: 5 });

/** JSON of a value that may be null. */
function jsonOf(scalar: Scalar, item: string): string {
  return `coalesce(${scalar.json(item)}::VARCHAR, 'null')`;
}

/** Older versions of DuckDB join no items to null. */
function joined(items: string): string {
  return `coalesce(array_to_string(${items}, ','), '')`;
}

function unlessNull(name: string, expression: string): string {
  return `CASE WHEN ${name} IS NOT NULL THEN ${expression} END`;
}

const column: fc.Arbitrary<Column> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(...scalars, ...doubles).map((scalar) => ({
      type: scalar.type,
      value: optional(scalar.value),
      expected: scalar.cell,
      isNumber: doubles.includes(scalar),
    })),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...scalars).map((scalar) => ({
      type: `${scalar.type}[]`,
      value: optional(
        fc
          .array(optional(scalar.value), { maxLength: 5 })
          .map(
            (items) => `[${items.map((item) => `(${item})::${scalar.type}`).join(", ")}]::${scalar.type}[]`,
          ),
      ),
      expected: (name: string) =>
        unlessNull(
          name,
          `'[' || ${joined(`list_transform(${name}, lambda x: ${jsonOf(scalar, "x")})`)} || ']'`,
        ),
      isNumber: false,
    })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...scalars), fc.constantFrom(...scalars)).map(([a, b]) => ({
      type: `STRUCT("__proto__" ${a.type}, "B b" ${b.type})`,
      value: optional(
        fc
          .tuple(optional(a.value), optional(b.value))
          .map(
            ([one, two]) => `struct_pack("__proto__" := (${one})::${a.type}, "B b" := (${two})::${b.type})`,
          ),
      ),
      expected: (name: string) =>
        `CASE WHEN ${name} IS NOT NULL THEN '{"__proto__":' || ${jsonOf(a, `${name}."__proto__"`)} || ',"B b":' || ${jsonOf(b, `${name}."B b"`)} || '}' END`,
      isNumber: false,
    })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...scalars).map((scalar) => ({
      type: `MAP(VARCHAR, ${scalar.type})`,
      value: optional(
        fc
          .uniqueArray(fc.tuple(text, optional(scalar.value)), { maxLength: 4, selector: ([key]) => key })
          .map((entries) =>
            entries.length === 0
              ? `MAP {}::MAP(VARCHAR, ${scalar.type})`
              : `MAP {${entries.map(([key, value]) => `${quoted(key)}: (${value})::${scalar.type}`).join(", ")}}`,
          ),
      ),
      expected: (name: string) =>
        unlessNull(
          name,
          `'{' || ${joined(`list_transform(map_entries(${name}), lambda x: to_json(x.key)::VARCHAR || ':' || ${jsonOf(scalar, "x.value")})`)} || '}'`,
        ),
      isNumber: false,
    })),
  },
);

const table = fc
  .array(column, { minLength: 1, maxLength: 6 })
  .chain((columns) =>
    fc.tuple(
      fc.constant(columns),
      fc.array(fc.tuple(...columns.map(({ value }) => value)), { minLength: 1, maxLength: 40 }),
    ),
  );

/** JSON with its strings unescaped and escaped again: DuckDB writes some characters in another form. */
function sameForm(cell: string): string {
  return cell.replaceAll(/"(?:[^"\\]|\\.)*"/g, (string) => JSON.stringify(JSON.parse(string)));
}

/** A number as its type keeps it: of a float both have the fewest digits that read back, which may be others. */
function asType(value: number, type: string): number {
  return type === "FLOAT" ? Math.fround(value) : value;
}

async function compare(
  connection: DuckDBConnection,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  path: string,
): Promise<number> {
  const names = columns.map((_, place) => `c${place}`);
  await connection.run(
    `CREATE OR REPLACE TABLE t (n INTEGER, ${columns.map(({ type }, place) => `c${place} ${type}`).join(", ")})`,
  );
  await connection.run(
    `INSERT INTO t VALUES ${rows.map((row, n) => `(${n}, ${row.join(", ")})`).join(",\n")}`,
  );
  if (path.endsWith(".parquet"))
    await connection.run(`COPY (SELECT ${names.join(", ")} FROM t ORDER BY n) TO '${path}' (FORMAT parquet)`);
  else {
    await connection.run(`ATTACH '${path}' AS written`);
    await connection.run(`CREATE OR REPLACE TABLE written.t AS SELECT ${names.join(", ")} FROM t ORDER BY n`);
    await connection.run("DETACH written");
  }
  // What Parquet makes of a type is DuckDB's own affair: its text of what it reads back is compared.
  const from = path.endsWith(".parquet") ? `read_parquet('${path}')` : "t";
  const expected = columns.map(({ expected: write }, place) => `coalesce(${write(`c${place}`)}, '\\N')`);
  const blobs = expected.map((one) => `encode(${one})`).join(", ");
  const result = await connection.run(`SELECT ${blobs} FROM ${from}`);
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  const theirs = (await result.getRows()).map((row) =>
    row.map((value) => utf8.decode((value as { bytes: Uint8Array }).bytes)),
  );
  const source = await openSource(path);
  const ours: string[][] = parse(await textOf(source), { skip_empty_lines: false });
  await source.close();
  assert.equal(ours.length, theirs.length);
  for (const [row, cells] of ours.entries())
    for (const [place, cell] of cells.entries()) {
      const wanted = theirs[row]?.[place] ?? "";
      const { isNumber = false, type = "" } = columns[place] ?? {};
      const what = `${type} of ${rows[row]?.[place]}`;
      if (isNumber && cell !== "\\N")
        assert.equal(asType(Number(cell), type), asType(Number(wanted), type), what);
      else if (/\[\]$|^(?:STRUCT|MAP)/.test(type)) assert.equal(sameForm(cell), sameForm(wanted), what);
      else assert.equal(cell, wanted, what);
    }
  return rows.length * columns.length;
}

test("random tables of random types come out as DuckDB's own text, from Parquet and from a database", async () => {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  let values = 0;
  let tables = 0;
  const seed = Math.floor(Math.random() * 2 ** 31);
  try {
    while (values < valuesWanted) {
      const [[columns, rows] = [[], []]] = fc.sample(table, { numRuns: 1, seed: seed + tables });
      tables += 1;
      // Parquet has no intervals that go back.
      const isParquet = tables % 2 === 0 && columns.every(({ type }) => !type.includes("INTERVAL"));
      const path = join(folder, isParquet ? "random.parquet" : "random.duckdb");
      values += await compare(connection, columns, rows, path).catch((error: unknown) => {
        const types = columns.map(({ type }) => type).join(", ");
        throw new Error(`table ${tables} of seed ${seed} (${types}): ${String(error)}`, { cause: error });
      });
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
  assert.ok(values >= valuesWanted && tables > 1);
});
