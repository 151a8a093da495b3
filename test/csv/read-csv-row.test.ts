import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "csv-parse/sync";
import * as fc from "fast-check";
import { readCsvRow } from "../../src/csv/read-csv-row.ts";

const rows: readonly (readonly [text: string, cells: readonly string[]])[] = [
  ["", [""]],
  ["id", ["id"]],
  ["id,total", ["id", "total"]],
  [',"",', ["", "", ""]],
  ['"total, net","a ""b"""', ["total, net", 'a "b"']],
  ['"two\r\nlines",x\r\n', ["two\r\nlines", "x"]],
  ["x\n", ["x"]],
];
for (const [text, cells] of rows) {
  test(`reads the cells of ${JSON.stringify(text)}`, () => {
    assert.deepEqual(readCsvRow(text), cells);
  });
}

const refused: readonly (readonly [text: string, message: string])[] = [
  ['"id', "a quote is not closed"],
  ['"id"x,y', '"x,y" follows the end of a cell'],
  ['i"d', '"\\"d" follows the end of a cell'],
  ["id\ntotal", "it has a second row"],
  ["id\n\n", "it has a second row"],
];
for (const [text, message] of refused) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => readCsvRow(text), { name: "RangeError", message });
  });
}

/** What csv-parse reads, or undefined if it refuses the text or does not find exactly one row. */
function byCsvParse(text: string): readonly string[] | undefined {
  try {
    const records: string[][] = parse(text, {
      relax_column_count: true,
      record_delimiter: ["\r\n", "\n", "\r"],
    });
    return records.length === 1 ? records[0] : undefined;
  } catch {
    return undefined;
  }
}

test("reads and refuses what csv-parse does", () => {
  const piece = fc.constantFrom("a", "b c", ",", '"', '""', "\n", "\r\n", "ü", "'");
  const text = fc.oneof(
    fc.array(piece, { minLength: 1, maxLength: 12 }).map((pieces) => pieces.join("")),
    // Valid rows, because random pieces rarely form one.
    fc
      .array(
        fc.string({ maxLength: 5 }).map((cell) => `"${cell.replaceAll('"', '""')}"`),
        { minLength: 1 },
      )
      .map((cells) => cells.join(",")),
  );
  fc.assert(
    fc.property(text, (row) => {
      const expected = byCsvParse(row);
      if (expected === undefined) assert.throws(() => readCsvRow(row), RangeError);
      else assert.deepEqual(readCsvRow(row), expected);
    }),
    { numRuns: 2000 },
  );
});
