import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { DuckDBInstance } from "@duckdb/node-api";
import { parse } from "csv-parse/sync";
import * as fc from "fast-check";
import Papa from "papaparse";
import { CsvEncoder, dialects, type ColumnVector, type Dialect, type DialectName } from "../../src/index.ts";
import { encoderNames } from "../../src/csv/encoder-name.ts";
import { resolveDialect } from "../../src/csv/resolve-dialect.ts";
import { isFormula } from "../../src/csv/formula.ts";

type Cells = readonly (readonly (string | null)[])[];

const folder = mkdtempSync(join(tmpdir(), "stream-csv-read-back-"));
after(() => {
  rmSync(folder, { recursive: true });
});

const cell = fc.option(
  fc.oneof(
    fc.string({ unit: fc.constantFrom(...Array.from("abc ,;|\t\"'\r\n=+-@\\.é中🍜")), maxLength: 12 }),
    fc.constantFrom("", "\\.", "NULL", "-5", "=1+1", "\r\n", '""'),
  ),
);
const seed = Math.floor(Math.random() * 2 ** 31);
const rows: Cells = fc.sample(fc.tuple(cell, cell, cell), { numRuns: 3000, seed });
const names = Object.keys(dialects) as DialectName[];

/** A file of the rows in a dialect, and the values that a reader must find in it. */
function written(name: DialectName): {
  readonly path: string;
  readonly dialect: Dialect;
  readonly expected: Cells;
} {
  const dialect = resolveDialect(name);
  const columns = ["one", "two", "three"].map((column) => ({ name: column }));
  const encoder = new CsvEncoder(columns, dialect);
  const path = join(folder, `${name}.csv`);
  const batch = {
    rowCount: rows.length,
    columns: columns.map((_, place) => ({
      kind: "text" as const,
      values: rows.map((row) => row[place] ?? null),
    })),
  };
  writeFileSync(path, Buffer.concat([encoder.header(), encoder.encode(batch)]));
  const isGuarded = dialect.formulas === "escape";
  const expected = rows.map((row) =>
    row.map((text) => (isGuarded && text !== null && isFormula(text) ? `'${text}` : text)),
  );
  return { path, dialect, expected: [["one", "two", "three"], ...expected] };
}

/** Readers without null find the empty text. */
function withoutNulls(cells: Cells): Cells {
  return cells.map((row) => row.map((text) => text ?? ""));
}

for (const name of names) {
  test(`csv-parse reads ${name} back`, () => {
    const { path, dialect, expected } = written(name);
    const found: Cells = parse(readText(path), {
      bom: true,
      delimiter: dialect.delimiter,
      quote: dialect.quote,
      escape: dialect.quote,
      record_delimiter: dialect.recordDelimiter,
    });
    assert.deepEqual(found, withoutNulls(expected), `seed ${seed}`);
  });

  test(`papaparse reads ${name} back`, () => {
    const { path, dialect, expected } = written(name);
    const { data, errors } = Papa.parse<string[]>(readText(path), {
      delimiter: dialect.delimiter,
      quoteChar: dialect.quote,
      newline: dialect.recordDelimiter === "\n" ? "\n" : "\r\n",
    });
    assert.deepEqual(errors, []);
    assert.deepEqual(data.slice(0, -1), withoutNulls(expected), `seed ${seed}`);
  });

  test(`Python's csv module reads ${name} back`, (t) => {
    const { path, dialect, expected } = written(name);
    const program =
      "import csv,json,sys; print(json.dumps(list(csv.reader(open(sys.argv[1], newline='', encoding='utf-8-sig'), delimiter=sys.argv[2]))))";
    const python = spawnSync("python3", ["-c", program, path, dialect.delimiter], {
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    if (python.error !== undefined) {
      t.skip("python3 isn't installed");
      return;
    }
    assert.deepEqual(JSON.parse(python.stdout), withoutNulls(expected), `seed ${seed}`);
  });

  test(`DuckDB reads ${name} back, and distinguishes null from the empty text`, async () => {
    const { path, dialect, expected } = written(name);
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    const newLine = dialect.recordDelimiter === "\n" ? "\\n" : "\\r\\n";
    const result = await connection.run(
      `FROM read_csv('${path}', auto_detect=false, header=true, delim='${dialect.delimiter}', quote='"', escape='"',
       new_line='${newLine}', allow_quoted_nulls=false, strict_mode=false, null_padding=false,
       columns={one: 'VARCHAR', two: 'VARCHAR', three: 'VARCHAR'})`,
    );
    const found = await result.getRows();
    connection.closeSync();
    instance.closeSync();
    assert.deepEqual(found, expected.slice(1), `seed ${seed}`);
  });
}

function readText(path: string): string {
  return readFileSync(path, "utf8");
}

for (const encoder of encoderNames)
  for (const name of names)
    for (const hasHeader of [true, false])
      test(`${encoder}: a reader of ${name} keeps U+FEFF at the beginning ${hasHeader ? "of the header" : "of the first row"}`, () => {
        const text = "\uFEFFid";
        const dialect = resolveDialect(name, { header: hasHeader, formulas: "allow" });
        const columns = [{ name: text }, { name: "b" }];
        const values = (cells: readonly string[]): ColumnVector => ({ kind: "text", values: cells });
        const batch = { rowCount: 2, columns: [values([text, text]), values(["x", "y"])] };
        const made = new CsvEncoder(columns, dialect, encoder);
        const bytes = Buffer.concat([made.header(), made.encode(batch, 0, 1), made.encode(batch, 1, 2)]);
        // PostgreSQL reads no byte order mark, and COPY writes such a text bare.
        const found: Cells = parse(bytes, { bom: name !== "postgres", delimiter: dialect.delimiter });
        const header = hasHeader ? [[text, "b"]] : [];
        assert.deepEqual(found, [...header, [text, "x"], [text, "y"]]);
        const quoted = bytes.toString("latin1").match(/"/g) ?? [];
        assert.equal(quoted.length, dialect.bom || name === "postgres" ? 0 : 2);
      });
