import assert from "node:assert/strict";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { csvSettings } from "../../../src/source/csv-file/csv-settings.ts";
import { openCsvFile } from "../../../src/source/csv-file/open-csv-file.ts";
import type { FileOptions } from "../../../src/source/file-options.ts";
import type { Compression } from "../../../src/source/text-file/open-byte-reader.ts";
import { vectorValue } from "../../../src/csv/vector-value.ts";
import { readStrictly, Refused, type StrictTable } from "./strict-reader.ts";

/** As many as CI has time for; `FUZZED_FILES=200000` for a long run, `FUZZ_SEED` to have one again. */
const fileCount = Number(process.env["FUZZED_FILES"] ?? 2000);
const seed = process.env["FUZZ_SEED"];

const folder = mkdtempSync(join(tmpdir(), "stream-csv-fuzz-"));
after(() => {
  rmSync(folder, { recursive: true });
});

const delimiter = fc.constantFrom(",", ";", "\t", "|");
const lineEnding = fc.constantFrom("\n", "\r\n", "\r");

/** Text for a cell: short pieces that structure could be mistaken for. */
const content = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom("a", "bc", "7", "-1.5", "NA", " ", "x y") },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          ",",
          ";",
          "\t",
          "|",
          '"',
          '""',
          "'",
          "\r\n",
          "\n",
          "\r",
          "^",
          ":",
          "\u0001",
        ),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "\u00E9",
          "\u20AC",
          "\u{1F600}",
          "\uFEFF",
          "\0",
          "long enough to be more than one block".repeat(3),
        ),
      },
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(""));

/** How a cell is written: with quotes, as it is, or as a sloppy program does. */
const cell = fc.tuple(content, fc.integer({ min: 0, max: 999 })).map(([text, manner]) => (quote: string) => {
  if (manner < 498) return `${quote}${text.replaceAll(quote, quote + quote)}${quote}`;
  if (manner < 996) return text.replaceAll(/[\r\n,;\t|"']/g, "");
  if (manner === 996) return text;
  if (manner === 997) return ` ${quote}${text}${quote}`;
  if (manner === 998) return `${quote}${text}`;
  return `${quote}${text}${quote}x`;
});

/** A file much as they are met: a table, with now and then something wrong. */
const tableText = fc
  .record({
    delimiter,
    ending: lineEnding,
    quote: fc.constantFrom('"', '"', '"', "'"),
    width: fc.integer({ min: 1, max: 5 }),
    cells: fc.array(cell, { minLength: 5, maxLength: 40 }),
    blankLines: fc.constantFrom("", "", "", "\n", "\r\n", "\r\n\n", "\r"),
    separator: fc.constantFrom(
      "",
      "",
      "",
      "",
      "sep=;\n",
      "SEP=,\r\n",
      "sep=|",
      '"sep=;"\n',
      "sep=;;\n",
      "\nsep=;\n",
    ),
    title: fc.constantFrom("", "", "", "", "", "A title, 2024\n", "\n"),
    hasLastEnding: fc.boolean(),
    lastLines: fc.constantFrom("", "", "", "", "", "", "\n", "\r\n\n", "\r"),
    slip: fc.integer({ min: 0, max: 40 }),
    slipRow: fc.nat(8),
  })
  .map((plan) => {
    const rows: string[] = [];
    for (let at = 0; at + plan.width <= plan.cells.length; at += plan.width) {
      const row = plan.cells.slice(at, at + plan.width).map((write) => write(plan.quote));
      if (rows.length === plan.slipRow && plan.slip === 0) row.pop();
      if (rows.length === plan.slipRow && plan.slip === 1) row.push("");
      if (rows.length === plan.slipRow && plan.slip === 2) row.push("z");
      rows.push(row.join(plan.delimiter));
    }
    if (plan.slip === 3) rows.splice(plan.slipRow, 0, "");
    const endings = rows.map((_, index) =>
      plan.slip === 4 && index === plan.slipRow
        ? "\n"
        : index === rows.length - 1 && !plan.hasLastEnding
          ? ""
          : plan.ending,
    );
    return (
      plan.title +
      plan.separator +
      plan.blankLines +
      rows.map((row, index) => row + (endings[index] ?? "")).join("") +
      plan.lastLines
    );
  });

/** Characters in no order at all. */
const soup = fc
  .array(
    fc.constantFrom(
      "a",
      "b",
      ",",
      ",",
      ";",
      "\t",
      "|",
      '"',
      '"',
      '""',
      "'",
      "\n",
      "\n",
      "\r\n",
      "\r",
      " ",
      "^",
      "sep=",
      "=",
      "\u00E9",
      "\0",
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(""));

const options: fc.Arbitrary<FileOptions> = fc.record(
  {
    delimiter: fc.constantFrom(",", ";", "\t", "|", "^", " "),
    quote: fc.constantFrom('"', '"', "'", "'", ";", null, null),
    header: fc.boolean(),
    nullValue: fc.constantFrom("NA", "", "7"),
    skipRows: fc.nat(2),
  },
  { requiredKeys: [] },
);

type Packing = "utf-8" | "marked" | "utf-16le" | "utf-16be" | "gzip";

const packed: Readonly<Record<Packing, (text: string) => Uint8Array>> = {
  "utf-8": (text) => Buffer.from(text),
  marked: (text) => Buffer.from(`\uFEFF${text}`),
  "utf-16le": (text) => Buffer.from(`\uFEFF${text}`, "utf16le"),
  "utf-16be": (text) => Buffer.from(`\uFEFF${text}`, "utf16le").swap16(),
  gzip: (text) => gzipSync(text),
};

/** What of a file is read. */
interface Part {
  readonly rows: number | undefined;
  readonly isReversed: boolean;
}

const file = fc.record({
  text: fc.oneof({ weight: 6, arbitrary: tableText }, { weight: 1, arbitrary: soup }),
  options: fc.oneof(
    { weight: 3, arbitrary: fc.constant<FileOptions>({}) },
    { weight: 1, arbitrary: options },
  ),
  isTabbed: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
  packing: fc.constantFrom<Packing>("utf-8", "utf-8", "utf-8", "marked", "utf-16le", "utf-16be", "gzip"),
  blockBytes: fc.constantFrom(8, 16, 24, 64, 256, 256 * 1024),
  part: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Part>({ rows: undefined, isReversed: false }) },
    { weight: 1, arbitrary: fc.record({ rows: fc.nat(4), isReversed: fc.boolean() }) },
  ),
});

/** What our reader makes of a file: its table, or the message of its refusal. */
async function readOurs(
  path: string,
  ending: ".csv" | ".tsv",
  compression: Compression | undefined,
  fileOptions: FileOptions,
  blockBytes: number,
  part: Part,
): Promise<StrictTable | string> {
  try {
    const source = await openCsvFile("x", csvSettings(path, ending, compression, fileOptions, blockBytes));
    const rows: (string | null)[][] = [];
    const places = source.columns.map((_, place) => place);
    const batches = source.read({
      signal: new AbortController().signal,
      ...(part.rows === undefined ? {} : { rows: part.rows }),
      ...(part.isReversed ? { columns: places.toReversed() } : {}),
    });
    for await (const { rowCount, columns } of batches)
      for (let row = 0; row < rowCount; row += 1)
        rows.push(columns.map((vector) => vectorValue(vector, row) as string | null));
    await source.close();
    return { columns: source.columns.map(({ name }) => name), rows };
  } catch (error) {
    assert.equal((error as { code?: string }).code, "SCSV_SOURCE_UNREADABLE", String(error));
    return (error as Error).message;
  }
}

function readTheirs(text: string, fileOptions: FileOptions, isTabbed: boolean): StrictTable | Refused {
  try {
    return readStrictly(text, { ...fileOptions, isTabbed });
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

test(`reads ${fileCount} random files as a plain strict reader does, or refuses them as it does, in the same line`, async () => {
  let files = 0;
  const outcomes = { read: 0, refused: 0, rows: 0 };
  await fc.assert(
    fc.asyncProperty(file, async ({ text, options: fileOptions, isTabbed, packing, blockBytes, part }) => {
      fc.pre(fileOptions.delimiter !== fileOptions.quote || fileOptions.quote === undefined);
      fc.pre(!(/^(?:utf-8|gzip)$/.test(packing) && text.startsWith("\uFEFF")));
      // A text that begins with a NUL, or is so short with one, may as well be UTF-16 or UTF-32, and is refused.
      fc.pre(!text.includes("\0") || (text.length > 16 && !text.startsWith("\0")));
      files += 1;
      const path = join(folder, `${files % 50}${isTabbed ? ".tsv" : ".csv"}`);
      writeFileSync(path, packed[packing](text));
      // A file that was written to just now is waited for.
      utimesSync(path, 1, files);
      const theirs = readTheirs(text, fileOptions, isTabbed);
      const ours = await readOurs(
        path,
        isTabbed ? ".tsv" : ".csv",
        packing === "gzip" ? "gzip" : undefined,
        fileOptions,
        blockBytes,
        part,
      );
      // What is wrong behind the rows that were asked for isn't met.
      if (theirs instanceof Refused && part.rows !== undefined) return;
      if (theirs instanceof Refused) {
        outcomes.refused += 1;
        assert.equal(typeof ours, "string", `read, but: ${theirs.message}`);
        if (theirs.line !== undefined)
          assert.match(
            ours as string,
            new RegExp(`line ${theirs.line}\\b`),
            `${theirs.message}: ${ours as string}`,
          );
      } else {
        outcomes.read += 1;
        outcomes.rows += theirs.rows.length;
        const rows = theirs.rows.slice(0, part.rows).map((row) => (part.isReversed ? row.toReversed() : row));
        assert.deepEqual(ours, { columns: theirs.columns, rows });
      }
    }),
    { numRuns: fileCount, includeErrorInReport: true, ...(seed === undefined ? {} : { seed: Number(seed) }) },
  );
  // A generator that makes nothing but broken files, or none, would prove little.
  assert.ok(outcomes.read > fileCount / 4 && outcomes.refused > fileCount / 10, JSON.stringify(outcomes));
  assert.ok(outcomes.rows > fileCount / 2, JSON.stringify(outcomes));
});
