import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { CsvEncoder, dialects } from "../../src/index.ts";

/** Blanks, delimiters, quotes, backslashes, line breaks, nulls of other programs, numbers and signs. */
const texts = [
  ["", " ", "  a", "a  ", "a,b", "a;b", "a\tb", "\t", 'a"b', '"', '""', '"a', 'a"', "'a"],
  ["\n", "\r", "\r\n", "a\nb", "a\rb", "a\r\nb", "a\n\nb", "a\n\\.\nb"],
  ["\\", "\\N", "\\.", "a\\", '\\"', '\\\\"a', "NA", "NULL", "00123", "1e5", "-5", "=1+1", "#a", "true"],
  ["é", "e\u0301", "🍜", "\u2028a", "a\u0085b", "\uFEFFa", "\v", "\u001A", "z".repeat(100_000)],
].flat();
const rows = texts.map((text) => [text, text]);

const folder = mkdtempSync(join(tmpdir(), "stream-csv-readers-"));
after(() => rmSync(folder, { recursive: true }));

const file = join(folder, "texts.csv");
const encoder = new CsvEncoder([{ name: "a" }, { name: "b" }], { ...dialects.rfc4180, quoting: "strings" });
const column = { kind: "text" as const, values: texts };
const batch = { rowCount: texts.length, columns: [column, column] };
writeFileSync(file, Buffer.concat([encoder.header(), encoder.encode(batch)]));

/** A program, set up as docs/guides/spreadsheets.md says, that prints the rows as JSON; the last argument is the file. */
interface Reader {
  readonly program: string;
  readonly args: readonly string[];
  /** Without what it lacks, a reader is missing; it has to succeed. */
  readonly probe?: readonly string[];
}

const readers: Readonly<Record<string, Reader>> = {
  "Python's csv": {
    program: "python3",
    args: [
      "-c",
      'import csv, json, sys; print(json.dumps(list(csv.reader(open(sys.argv[1], newline="", encoding="utf-8-sig")))))',
    ],
  },
  "Perl's Text::CSV_XS": {
    program: "perl",
    args: [
      "-MText::CSV_XS",
      "-MJSON::PP",
      "-e",
      'open my $file, "<:encoding(UTF-8)", $ARGV[0]; my $csv = Text::CSV_XS->new({ binary => 1, auto_diag => 2 }); ' +
        "print JSON::PP->new->utf8->encode($csv->getline_all($file))",
    ],
    probe: ["-MText::CSV_XS", "-MJSON::PP", "-e", "1"],
  },
  "PHP's fgetcsv": {
    program: "php",
    args: [
      "-r",
      '$file = fopen($argv[1], "r"); while (($row = fgetcsv($file, null, escape: "")) !== false) $rows[] = $row; echo json_encode($rows);',
    ],
  },
  "Ruby's CSV": {
    program: "ruby",
    args: ["-rcsv", "-rjson", "-e", 'puts JSON.generate(CSV.read(ARGV[0], encoding: "UTF-8"))'],
  },
  "sqlite3's .import": {
    program: "sh",
    args: [
      "-c",
      `printf '.import --csv "%s" t\nSELECT json_group_array(json_array(a, b)) FROM t;\n' "$0" | sqlite3 :memory: | sed '1s/^\\[/[["a","b"],/'`,
    ],
    probe: ["-c", "command -v sqlite3"],
  },
};

for (const [name, { program, args, probe }] of Object.entries(readers))
  test(`${name} reads every text back`, (t) => {
    const probed = spawnSync(program, probe ?? ["--version"]);
    if (probed.error !== undefined || probed.status !== 0) {
      t.skip(`${name} isn't installed`);
      return;
    }
    const { stdout, stderr } = spawnSync(program, [...args, file], { encoding: "utf8", maxBuffer: 1 << 24 });
    assert.equal(stderr, "");
    assert.deepEqual(JSON.parse(stdout), [["a", "b"], ...rows]);
  });
