import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync, appendFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { csvChunks, openSource, type Source, type StreamCsvError } from "../../../src/index.ts";
import { openSources } from "../../../src/source/open-source.ts";
import { vectorValue } from "../../../src/csv/vector-value.ts";
import type { FileOptions } from "../../../src/source/file-options.ts";
import { timesOpen, untilClosed } from "../../harness/open-files.ts";

const unhindered = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), "stream-csv-file-"));
after(() => {
  rmSync(folder, { recursive: true });
});

/** A file in a folder of its own, written a while ago: one written just now is waited for. */
function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(mkdtempSync(join(folder, "x-")), name);
  writeFileSync(path, content);
  utimesSync(path, 1, 1);
  return path;
}

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

async function rowsOf(source: Source, rows?: number, columns?: readonly number[]): Promise<unknown[][]> {
  const read: unknown[][] = [];
  const batches = source.read({
    signal: unhindered,
    ...(rows === undefined ? {} : { rows }),
    ...(columns === undefined ? {} : { columns }),
  });
  for await (const batch of batches)
    for (let row = 0; row < batch.rowCount; row += 1)
      read.push(batch.columns.map((vector) => vectorValue(vector, row)));
  return read;
}

async function tableOf(path: string, options: FileOptions = {}): Promise<Table> {
  const source = await openSource(path, options);
  try {
    return { columns: source.columns.map(({ name }) => name), rows: await rowsOf(source) };
  } finally {
    await source.close();
  }
}

const read: readonly (readonly [
  what: string,
  file: string,
  content: string | Uint8Array,
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  options?: FileOptions,
])[] = [
  [
    "decimal commas",
    "x.csv",
    "lat;lon\n47,38;8,54\n46,95;7,45\n",
    ["lat", "lon"],
    [
      ["47,38", "8,54"],
      ["46,95", "7,45"],
    ],
  ],
  [
    "commas in text between semicolons",
    "x.csv",
    "name;city\nDoe, J;Paris, FR\n",
    ["name", "city"],
    [["Doe, J", "Paris, FR"]],
  ],
  ["lists between vertical bars", "x.csv", "a|b\n1,2,3|4,5,6\n", ["a", "b"], [["1,2,3", "4,5,6"]]],
  ["tabs in a .csv", "x.csv", "a\tb\n1,5\t2;5\n", ["a", "b"], [["1,5", "2;5"]]],
  [
    "one column whose text holds semicolons",
    "x.csv",
    "url\nhttp://a/?b=1;c=2\nx|y\n",
    ["url"],
    [["http://a/?b=1;c=2"], ["x|y"]],
  ],
  [
    "one column of quoted text with commas",
    "x.csv",
    'q\n"Oh, well"\n"Ah, yes"\n',
    ["q"],
    [["Oh, well"], ["Ah, yes"]],
  ],
  [
    "lines whole, by a delimiter that none holds",
    "x.csv",
    "amount\n1,234\n5,678\n",
    ["amount"],
    [["1,234"], ["5,678"]],
    { delimiter: "\t" },
  ],
  ["a delimiter in the only, quoted name", "x.csv", '"a,b"\n"1,2"\n', ["a,b"], [["1,2"]]],
  [
    "a header with several delimiters, by its rows",
    "x.csv",
    "a,b;c\n1;2,5\n3;4\n",
    ["a,b", "c"],
    [
      ["1", "2,5"],
      ["3", "4"],
    ],
  ],
  ["a header with several delimiters in quotes", "x.csv", '"a,b";"c|d"\n1;2\n', ["a,b", "c|d"], [["1", "2"]]],
  ["a first line sep= as Excel writes it", "x.csv", "sep=;\r\na;b,c\r\n1;2\r\n", ["a", "b,c"], [["1", "2"]]],
  ["a first line sep= with a tab", "x.csv", "SEP=\t\na,b\tc\n1\t2\n", ["a,b", "c"], [["1", "2"]]],
  ["a line sep= below blank lines", "x.csv", "\n\r\nsep=;\n\na;b\n1;2\n", ["a", "b"], [["1", "2"]]],
  ["a line that only begins like sep=", "x.csv", "sep=a\nb\n", ["sep=a"], [["b"]]],
  ["blank lines above the header", "x.csv", "\r\n\n\na,b\n1,2\n", ["a", "b"], [["1", "2"]]],
  ["blank lines at the end", "x.csv", "a,b\n1,2\n\n\n", ["a", "b"], [["1", "2"]]],
  ["blank lines of other kinds at the end", "x.csv", "a;b\r\n1;2\r\n\n\r\r\n", ["a", "b"], [["1", "2"]]],
  ["blank lines behind a header without rows", "x.tsv", "a\tb\n\n", ["a", "b"], []],
  [
    "a blank line behind a last row without its own ending",
    "x.csv",
    'a,b\r1,""\r\r',
    ["a", "b"],
    [["1", ""]],
  ],
  [
    "a header with several delimiters, and blank lines at the end",
    "x.csv",
    "a,b;c\n1;2,5\n3;4\n\n",
    ["a,b", "c"],
    [
      ["1", "2,5"],
      ["3", "4"],
    ],
  ],
  ["a header without rows, and without a line ending", "x.csv", "a,b", ["a", "b"], []],
  [
    "lines above the table, if requested",
    "x.csv",
    'title, "2024\n\na,b\n1,2\n',
    ["a", "b"],
    [["1", "2"]],
    { skipRows: 1 },
  ],
  [
    "rows without a header",
    "x.csv",
    "1,2\n3,4\n",
    ["column0", "column1"],
    [
      ["1", "2"],
      ["3", "4"],
    ],
    { header: false },
  ],
  [
    "lone carriage returns as line endings",
    "x.csv",
    'a,b\r1,"x\ny"\r3,4',
    ["a", "b"],
    [
      ["1", "x\ny"],
      ["3", "4"],
    ],
  ],
  [
    "quoted line breaks of the other kind, in the header too",
    "x.csv",
    '"a\r\nb",c\n"1\r2",3\n',
    ["a\r\nb", "c"],
    [["1\r2", "3"]],
  ],
  [
    "quoted line feeds in a header that ends with CRLF",
    "x.csv",
    '"a\nb",c\r\n1,2\r\n',
    ["a\nb", "c"],
    [["1", "2"]],
  ],
  [
    "names as they are: blanks, case, NUL",
    "x.csv",
    " a ,ID,id,n\0\n1, 2 ,3,4\n",
    [" a ", "ID", "id", "n\0"],
    [["1", " 2 ", "3", "4"]],
  ],
  [
    "empty and repeated names, numbered past those that are there",
    "x.csv",
    "a,,a,a_1,,a\n1,2,3,4,5,6\n",
    ["a", "column1", "a_2", "a_1", "column4", "a_3"],
    [["1", "2", "3", "4", "5", "6"]],
  ],
  ["names of which one differs only behind a NUL", "x.csv", "a\0c,a\nx,y\n", ["a\0c", "a"], [["x", "y"]]],
  [
    "null apart from the empty text",
    "x.csv",
    'a,b\n,""\n"",\n',
    ["a", "b"],
    [
      [null, ""],
      ["", null],
    ],
  ],
  [
    "another text for null",
    "x.csv",
    'a,b\nNA,"NA"\n,nan\n',
    ["a", "b"],
    [
      [null, "NA"],
      ["", "nan"],
    ],
    { nullValue: "NA" },
  ],
  [
    "blank lines above, between and below the rows of one column without a header",
    "x.csv",
    "\r\n\r\n1\r\n\r\n2\r\n\r\n",
    ["column0"],
    [[null], [null], ["1"], [null], ["2"], [null]],
    { header: false },
  ],
  [
    "a blank line above the only row, which has no line ending",
    "x.csv",
    "title\r\rx",
    ["column0"],
    [[null], ["x"]],
    { header: false, skipRows: 1 },
  ],
  [
    "blank lines below a line sep= in one column without a header",
    "x.csv",
    "\nsep=;\n\n\na,b\n",
    ["column0"],
    [[null], [null], ["a,b"]],
    { header: false },
  ],
  [
    "blank lines above several columns without a header",
    "x.csv",
    "\n\n1,2\n",
    ["column0", "column1"],
    [["1", "2"]],
    { header: false },
  ],
  ["a blank line of one column as a null", "x.csv", "a\n1\n\n2\n\n", ["a"], [["1"], [null], ["2"], [null]]],
  [
    "text of any look, untouched",
    "x.csv",
    "a,b,c,d\n007,1e5,-0, x \n+1,#9,NULL,2024-01-01\n",
    ["a", "b", "c", "d"],
    [
      ["007", "1e5", "-0", " x "],
      ["+1", "#9", "NULL", "2024-01-01"],
    ],
  ],
  ["quotes within an unquoted cell", "x.csv", 'a,b\n5" pipe,6""x"\n', ["a", "b"], [['5" pipe', '6""x"']]],
  [
    "quotes as text, if requested",
    "x.tsv",
    'a\tb\n"Hi" there\t"x\n',
    ["a", "b"],
    [['"Hi" there', '"x']],
    { quote: null },
  ],
  ["a usual delimiter as the quote", "x.csv", "a;b\n,1;2,;3\n", ["a", "b"], [["1;2", "3"]], { quote: "," }],
  [
    "a usual delimiter as the quote of one column",
    "x.csv",
    "a\n,1;\n2,\n",
    ["a"],
    [["1;\n2"]],
    { quote: "," },
  ],
  ["an unusual delimiter as the quote", "x.csv", "a^b\n1^2\n", ["a^b"], [["1^2"]], { quote: "^" }],
  ["another quote", "x.csv", "a,b\n'x,''y''',\"z\n", ["a", "b"], [["x,'y'", '"z']], { quote: "'" }],
  ["an unusual delimiter, if requested", "x.csv", "a^b\n1^2\n", ["a", "b"], [["1", "2"]], { delimiter: "^" }],
  [
    "tabs in a .tsv, whatever else is in the header",
    "x.tsv",
    "a,b\tc;d\n1,2\t3\n",
    ["a,b", "c;d"],
    [["1,2", "3"]],
  ],
  ["one column of a .tsv", "x.TSV", "a,b\n1,2\n", ["a,b"], [["1,2"]]],
  ["a byte order mark", "x.csv", "\uFEFFa,b\n1,\uFEFF2\n", ["a", "b"], [["1", "\uFEFF2"]]],
  [
    "Latin-1, if requested",
    "x.csv",
    Buffer.from("n,c\nJos\u00E9,\u0080\n", "latin1"),
    ["n", "c"],
    [["Jos\u00E9", "\u0080"]],
    { encoding: "latin-1" },
  ],
  [
    "Windows-1252, if requested",
    "x.csv",
    Buffer.from("n\n\u0080\u0093\n", "latin1"),
    ["n"],
    [["\u20AC\u201C"]],
    { encoding: "windows-1252" },
  ],
  [
    "UTF-16 with a byte order mark",
    "x.csv",
    Buffer.from("\uFEFFn,c\nJos\u00E9,\u{1F600}\n", "utf16le"),
    ["n", "c"],
    [["Jos\u00E9", "\u{1F600}"]],
  ],
  [
    "UTF-16 without a mark, if requested",
    "x.csv",
    Buffer.from("n\nJos\u00E9\n", "utf16le"),
    ["n"],
    [["Jos\u00E9"]],
    { encoding: "utf-16" },
  ],
  ["gzip by the file's name", "x.CSV.GZ", gzipSync("a,b\n1,2\n"), ["a", "b"], [["1", "2"]]],
  [
    "the options of a .tsv.gz",
    "x.tsv.gz",
    gzipSync("a\tb\nNA\t2\n"),
    ["a", "b"],
    [[null, "2"]],
    { nullValue: "NA" },
  ],
];

for (const [what, name, content, columns, rows, options] of read)
  test(`reads ${what}`, async () => {
    assert.deepEqual(await tableOf(fileOf(name, content), options), { columns, rows });
  });

const refused: readonly (readonly [
  what: string,
  content: string | Uint8Array,
  message: RegExp,
  options?: FileOptions & { readonly ending?: string },
])[] = [
  ["nothing at all", "", /has no header/],
  ["a byte order mark alone", "\uFEFF", /has no header/],
  ["blank lines alone", "\n\r\n\n", /has no header/],
  [
    "nothing behind the lines that are passed over",
    "a,b\n",
    /has no header: .* behind the 3/,
    { skipRows: 3 },
  ],
  ["a longer row", "a,b,c\n1,2,3\n1,2,3,4\n", /line 3 has 4 cells, and should have 3/],
  ["a shorter row", "a,b,c\n1,2,3\n1,2\n", /line 3 has 2 cells, and should have 3/],
  ["a longer row behind a thousand", `a,b\n${"1,2\n".repeat(1000)}1,2,3\n`, /line 1002 has 3 cells/],
  [
    "rows that are all longer than the header",
    "id,ts,side\n1,10,sell,0\n2,11,buy,0\n",
    /line 2 has 4 cells, and should have 3/,
  ],
  ["a shorter row behind quoted line breaks", 'a,b\n"1\r\n\r\n\n",2\n"x\ry",3\n4\n', /line 8 has 1 cell/],
  ["a title above the header", "Sales 2024\nid,name\n1,a\n", /line 2 has 2 cells, and should have 1/],
  ["a note above the header", "# note\nid,name\n1,a\n", /line 2 has 2 cells/],
  ["unquoted commas in one column", "title\nHello\nHello, world\n", /line 3 has 2 cells, and should have 1/],
  [
    "a trailing delimiter in rows alone",
    "a,b\n1,2,\n3,4,\n",
    /line 2 has 3 cells, the last one empty behind a trailing comma/,
  ],
  [
    "a blank line between rows",
    "a,b\n1,2\n\n3,4\n",
    /line 3 is blank, and should have 2 cells, as its header has/,
  ],
  ["blank lines between rows", "a,b\r\n1,2\r\n\r\n\r\n3,4\r\n", /line 3 is blank/],
  ["a blank line and then a blank", "a,b\n1,2\n\n ", /line 3 is blank/],
  ["a quoted comma by another quote", "a,b\n1,'2,3'\n", /line 2 has 3 cells/],
  ["an open quote", 'a,b\n1,2\n3,"x\n4,5\n', /in line 3, a quote opens cell 2 and isn't closed/],
  [
    "an open quote far above the end",
    `a,b\n1,"x\n${"1,2\n".repeat(100_000)}`,
    /in line 2, a quote opens cell 2/,
  ],
  ["an open quote alone", '"""', /in line 1, a quote opens cell 1/],
  [
    "text behind a closing quote",
    'a,b\n"x"y,2\n',
    /in line 2, text stands behind the closing quote of cell 1/,
  ],
  [
    "a backslash before a quote",
    'a,b\n"x\\"y",2\n',
    /in line 2, text stands behind the closing quote of cell 1/,
  ],
  ["blanks before a quote", 'a,b\n1, "x"\n', /in line 2, cell 2 begins with a blank before its quote/],
  ["quotes in a .tsv", 'a\tb\n"Hi" there\t2\n', /in line 2, text stands behind/, { ending: ".tsv" }],
  ["a header with a fault", 'a,"b"x\n1,2\n', /in line 1, text stands behind the closing quote of cell 2/],
  [
    "a last line with LF below CRLF",
    "a,b\r\n1,2\r\n3,4\n",
    /mixed line endings: line 3 ends with a line feed \(LF\)/,
  ],
  [
    "a CRLF below LF",
    "a,b\n1,2\r\n3,4\n",
    /mixed line endings: line 2 ends with a carriage return and a line feed/,
  ],
  [
    "a lone CR below LF",
    "a,b\n1,2\n3,x\ry\n",
    /mixed line endings: line 3 ends with a carriage return \(CR\)/,
  ],
  [
    "several delimiters, of which more than one fits",
    "a,b;c\n1,2;3\n",
    /comma or semicolon: .*by more than one/,
  ],
  ["several delimiters, of which none fits", "a,b;c\n1,2,3;4;5\n", /comma or semicolon: .*by none/],
  ["several delimiters, and no rows", "a,b|c\n", /comma or vertical bar/],
  ["columns between circumflexes", "a^b\n1^2\n3^4\n", /"\^" equally often/],
  ["columns between U+0001", "a\u0001b\n1\u00012\n", /U\+0001 equally often/],
  ["a line sep= in quotes", '"sep=;"\na;b\n1;2\n', /begins with "\\"sep=;\\"" in line 1/],
  ["a line sep= that was saved as a row", "sep=;;;\na;b;c;d\n1;2;3;4\n", /begins with "sep=;;;"/],
  ["a line sep= with a blank", "\nsep= ;\na;b\n", /begins with "sep= ;" in line 2/],
  ["a line sep= without a delimiter", "sep=\na\n", /begins with "sep="/],
  ["a line sep= with a quote", 'sep="\na\n', /begins with "sep=\\""/],
  [
    "an option that says other than sep=",
    "sep=;\na;b\n",
    /sep=, that its delimiter is a semicolon, but the option says comma/,
    { delimiter: "," },
  ],
  [
    "an ending that says other than sep=",
    "sep=;\na;b\n",
    /but its ending \.tsv says tab/,
    { ending: ".tsv" },
  ],
  ["Latin-1", Buffer.from("n\nJos\u00E9\n", "latin1"), /byte 5 of the file.*0xE9/],
  ["UTF-16 without a mark", Buffer.from("a,b\n1,2\n", "utf16le"), /looks like UTF-16/],
  [
    "half a gzip file",
    gzipSync("a,b\n1,2\n".repeat(9)).subarray(0, 20),
    /in the midst of its gzip data/,
    { ending: ".csv.gz" },
  ],
];

for (const [what, content, message, { ending = ".csv", ...options } = {}] of refused)
  test(`refuses ${what}`, async () => {
    await assert.rejects(tableOf(fileOf(`x${ending}`, content), options), (error: StreamCsvError) => {
      assert.equal(error.code, "SCSV_SOURCE_UNREADABLE");
      assert.match(error.message, message);
      assert.ok(error.message.length < 400 && error.hint.length > 10);
      return true;
    });
  });

test("yields the rows before a fault first", async () => {
  const source = await openSource(fileOf("x.csv", `a,b\n${"1,2\n".repeat(50_000)}3\n`));
  let rows = 0;
  await assert.rejects(async () => {
    for await (const batch of source.read({ signal: unhindered })) rows += batch.rowCount;
  }, /line 50002 has 1 cell/);
  assert.equal(rows, 50_000);
});

test("names an export without the folder and the extensions", async () => {
  for (const name of ["a.b.csv", "a.b.TSV", "a.b.csv.gz"]) {
    const content = name.endsWith("gz") ? gzipSync("x\n") : "x\n";
    const [source] = await openSources(fileOf(name, content));
    assert.equal(source?.name, "a.b");
    assert.equal(source?.kind, "csv");
    assert.equal(source?.rowCount, null);
  }
});

test("reads only the requested columns, in the requested order, and no more rows than requested", async () => {
  const source = await openSource(fileOf("x.csv", 'a,b,c\n1,"2""",3\n4,5,6\nbroken\n'));
  assert.deepEqual(await rowsOf(source, 2, [2, 1, 2]), [
    ["3", '2"', "3"],
    ["6", "5", "6"],
  ]);
  assert.deepEqual(await rowsOf(source, 0), []);
  assert.deepEqual(await rowsOf(source, 1, []), [[]]);
  assert.throws(() => source.read({ signal: unhindered, columns: [3] }), { code: "SCSV_ARG_RANGE" });
});

test("reads a hundred thousand columns, and refuses one more", async () => {
  const names = Array.from({ length: 100_000 }, (_, index) => `c${index}`).join(",");
  const row = Array.from({ length: 100_000 }, (_, index) => String(index)).join(",");
  const { rows } = await tableOf(fileOf("x.csv", `${names}\n${row}\n${row}\n`));
  assert.deepEqual(
    rows.map((cells) => cells.join(",")),
    [row, row],
  );
  await assert.rejects(
    tableOf(fileOf("x.csv", `${names},x\n`)),
    /100001 columns in line 1, and 100000 are the most/,
  );
});

test("reads the longest allowed record, and refuses a longer one with the lines where it and its quote begin", async () => {
  const most = 32 * 1024 * 1024;
  const long = Buffer.concat([
    Buffer.from('a,b\n1,2\n3,"\n'),
    Buffer.alloc(most - 6, "x"),
    Buffer.from('"\n4,5\n'),
  ]);
  const { rows } = await tableOf(fileOf("x.csv", long));
  assert.deepEqual(
    rows.map(([first, second]) => [first, String(second).length]),
    [
      ["1", 1],
      ["3", most - 5],
      ["4", 1],
    ],
  );
  const longer = Buffer.concat([
    Buffer.from('a,b\n1,2\n"\n",3"\n4,"'),
    Buffer.alloc(most, "x"),
    Buffer.from('"\n'),
  ]);
  await assert.rejects(
    tableOf(fileOf("x.csv", longer)),
    /record of more than 32 MiB: it begins in line 5, and a quote opens in line 5/,
  );
  await assert.rejects(
    tableOf(fileOf("x.csv", Buffer.alloc(most + 10, "x"))),
    /record of more than 32 MiB: it begins in line 1/,
  );
});

interface WellFormed {
  readonly path: string;
  readonly delimiter: string;
  readonly ending: string;
  readonly header: readonly string[];
  readonly hasLineBreaks: boolean;
}

/** Well-formed files, whose cells other readers see alike. */
const wellFormed = Array.from({ length: 40 }, (_, file): WellFormed => {
  let state = file;
  const random = (most: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
  const delimiter = [",", ";", "\t", "|"][file % 4] ?? ",";
  const ending = file % 3 === 0 ? "\r\n" : "\n";
  const hasLineBreaks = file % 2 === 0;
  const pieces = ["a", "bc", "7", "x y", '"', delimiter, "\u00E9", "\u{1F600}", "''", "\\"];
  if (hasLineBreaks) pieces.push("\n", "\r\n", "\r");
  const header = Array.from({ length: 2 + random(6) }, (_name, index) => `c${index}`);
  const cell = (): string => {
    const text = Array.from({ length: random(4) }, () => pieces[random(pieces.length)]).join("");
    return random(3) === 0 || /["\r\n]/.test(text) || text.includes(delimiter)
      ? `"${text.replaceAll('"', '""')}"`
      : text;
  };
  const rows = Array.from({ length: 200 }, () => header.map(cell));
  const text = [header, ...rows].map((row) => row.join(delimiter) + ending).join("");
  return { path: fileOf("x.csv", text), delimiter, ending, header, hasLineBreaks };
});

test("reads well-formed files as Python's csv does", async () => {
  const program = `import csv, json, sys
for path, delimiter in json.load(sys.stdin):
    with open(path, newline='', encoding='utf-8') as file:
        print(json.dumps(list(csv.reader(file, delimiter=delimiter, strict=True))))`;
  const python = execFileSync("python3", ["-c", program], {
    input: JSON.stringify(wellFormed.map(({ path, delimiter }) => [path, delimiter])),
    maxBuffer: 64 * 1024 * 1024,
  });
  const theirs = python.toString().trim().split("\n");
  for (const [index, { path }] of wellFormed.entries()) {
    const { columns, rows } = await tableOf(path);
    assert.equal(rows.length, 200);
    const texts = rows.map((row) => row.map((one) => one ?? ""));
    assert.deepEqual([columns, ...texts], JSON.parse(theirs[index] ?? ""));
  }
});

test("reads well-formed files as DuckDB's read_csv does with every option given", async () => {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  // Without line breaks: quoted ones of another kind than the file's make DuckDB give no rows at all.
  for (const { path, delimiter, ending, header } of wellFormed.filter((file) => !file.hasLineBreaks)) {
    const columns = header.map((name) => `'${name}': 'VARCHAR'`).join(", ");
    const result = await connection.run(
      `FROM read_csv('${path}', auto_detect=false, header=true, skip=0, delim='${delimiter}', quote='"', escape='"', new_line='${ending === "\n" ? "\\n" : "\\r\\n"}', allow_quoted_nulls=false, columns={${columns}})`,
    );
    const { rows } = await tableOf(path);
    assert.equal(rows.length, 200);
    assert.deepEqual(rows, await result.getRowsJson());
  }
  connection.closeSync();
  instance.closeSync();
});

const manyRows = `a,b\n${"some text,and more\n".repeat(200_000)}`;

test("holds its file open only while it is read, however the reading ends", async () => {
  for (const [name, content] of [
    ["x.csv", manyRows],
    ["x.csv.gz", gzipSync(manyRows)],
  ] as const) {
    const path = fileOf(name, content);
    const source = await openSource(path);
    assert.equal(timesOpen(path), 0);
    await rowsOf(source, 10);
    assert.equal(timesOpen(path), 0, "all rows that were wanted are read");
    for await (const batch of source.read({ signal: unhindered })) {
      assert.equal(timesOpen(path), 1);
      if (batch.rowCount > 0) break;
    }
    assert.equal(timesOpen(path), 0, "returned");

    const aborting = new AbortController();
    const aborted = source.read({ signal: aborting.signal })[Symbol.asyncIterator]();
    await aborted.next();
    aborting.abort(new Error("enough"));
    await untilClosed(path);
    await assert.rejects(aborted.next(), /enough/);

    const closed = source.read({ signal: unhindered })[Symbol.asyncIterator]();
    await closed.next();
    await source.close();
    await source.close();
    await untilClosed(path);
    await assert.rejects(closed.next(), { code: "SCSV_CANCELLED" });
  }
});

test("leaves nothing open, at whatever moment it is aborted", async () => {
  const path = fileOf("x.csv.gz", gzipSync(manyRows));
  const source = await openSource(path);
  await Promise.all(
    Array.from({ length: 24 }, async (_, index) => {
      const controller = new AbortController();
      const aborting = async (): Promise<void> => {
        for (let turn = 0; turn < index; turn += 1)
          await new Promise((resolve) => {
            setImmediate(resolve);
          });
        controller.abort(new Error("enough"));
      };
      void aborting();
      await assert.rejects(async () => {
        for (;;)
          for await (const batch of source.read({ signal: controller.signal })) assert.ok(batch.rowCount > 0);
      }, /enough/);
    }),
  );
  await untilClosed(path);
});

const changes: Readonly<Record<string, (path: string) => void>> = {
  "is appended to": (path) => {
    appendFileSync(path, "more text,and yet more\n");
  },
  "is cut off at the end of a line": (path) => {
    truncateSync(path, 4 + 19 * 150_000);
  },
  "is overwritten in place by another of the same shape": (path) => {
    writeFileSync(path, manyRows.replaceAll("some", "more"), { flag: "r+" });
  },
};

for (const [what, change] of Object.entries(changes))
  test(`a file that ${what} while it is read ends in an error before its last rows`, async () => {
    const path = fileOf("x.csv", manyRows);
    const source = await openSource(path);
    let rows = 0;
    await assert.rejects(
      async () => {
        for await (const batch of source.read({ signal: unhindered })) {
          if (rows === 0) change(path);
          rows += batch.rowCount;
        }
      },
      { code: "SCSV_SOURCE_CHANGED" },
    );
    assert.ok(rows < 200_000);
    await assert.rejects(rowsOf(source), { code: "SCSV_SOURCE_CHANGED" });
  });

test("fails on a file that is written to, even if fewer rows are requested than it has", async () => {
  const path = fileOf("x.csv", manyRows);
  const source = await openSource(path);
  let rows = 0;
  await assert.rejects(
    async () => {
      for await (const batch of source.read({ signal: unhindered, rows: 100_000 })) {
        if (rows === 0) appendFileSync(path, "more text,and yet more\n");
        rows += batch.rowCount;
      }
    },
    { code: "SCSV_SOURCE_CHANGED" },
  );
  await source.close();
});

test("exports a CSV file to CSV without DuckDB, byte by byte as it was", async () => {
  const importer = (): Promise<never> => Promise.reject(new Error("DuckDB was asked for"));
  const text = `a,b\r\n${'1,"x ""y"", z"\r\n,""\r\n'.repeat(40_000)}`;
  const source = await openSource(fileOf("x.csv", text), { importer });
  const chunks: Uint8Array[] = [];
  for await (const chunk of csvChunks(source)) chunks.push(chunk);
  assert.ok(Buffer.concat(chunks).toString() === text);
});

test("reads a name full of doubled quotes in memory for its bytes", async () => {
  const name = '"'.repeat(4_000_000);
  const path = fileOf("x.csv", `"${name}${name}"\n1\n`);
  const before = process.memoryUsage().heapUsed;
  const source = await openSource(path);
  const heldBytes = process.memoryUsage().heapUsed - before;
  assert.equal(source.columns[0]?.name, name);
  assert.ok(heldBytes < 40_000_000, `${heldBytes} bytes`);
  await source.close();
});

test("ignores megabytes of blank lines at the end, and names the first if a row follows", async () => {
  const lines = "\r\n".repeat(1_000_000);
  assert.deepEqual(await tableOf(fileOf("x.csv", `a,b\r\n1,2\r\n${lines}`)), {
    columns: ["a", "b"],
    rows: [["1", "2"]],
  });
  await assert.rejects(tableOf(fileOf("x.csv", `a,b\r\n1,2\r\n${lines}3,4\r\n`)), {
    code: "SCSV_SOURCE_UNREADABLE",
    message: /line 3 is blank/,
  });
});

test("refuses a null value that contains the delimiter which the file turns out to have", async () => {
  for (const [name, text, delimiter] of [
    ["x.csv", "a,b\nx,y,1\n", "comma"],
    ["x.csv", "sep=,\na\n1\n", "comma"],
    ["x.tsv", "a\n1\n", "tab"],
  ] as const)
    await assert.rejects(tableOf(fileOf(name, text), { nullValue: "x,\ty" }), {
      code: "SCSV_SOURCE_UNREADABLE",
      message: new RegExp(`is divided by ${delimiter}, which the null value "x,\\\\ty" contains`),
    });
  assert.deepEqual((await tableOf(fileOf("x.csv", "a\n1\n"), { nullValue: "x, y" })).rows, [["1"]]);
});

test("names the first record, not a header, in the faults of a file without one", async () => {
  for (const [text, message] of [
    ["1,2\n3\n", /line 2 has 1 cell, and should have 2, as its first record has/],
    ["1,2\n3,4\r\n", /line 2 ends with .*\(CRLF\), the first record with .*\(LF\)/],
    ["\n1\r\n", /line 2 ends with .*\(CRLF\), the first record with .*\(LF\)/],
    ["1,2;3\n4,5;6\n", /its first record in line 1 holds each .* as many cells as the first record/],
    ["1:2\n3:4\n", /vertical bar in its first record, but ":" equally/],
    ["\n\n", /has no first record: it has no line but blank ones/],
  ] as const)
    await assert.rejects(tableOf(fileOf("x.csv", text), { header: false }), (error: StreamCsvError) => {
      assert.match(error.message, message);
      assert.doesNotMatch(`${error.message} ${error.hint}`, /(?<!Without a )header/);
      return true;
    });
});

test("gives a hint that fits the fault: a blank line, a short row, a backslash before a quote, another quote", async () => {
  for (const [text, hint] of [
    ['a,b\n1,"x \\"y\\" z"\n', /^A backslash before a quote is text/],
    ['a,b\n1,"x"y"\n', /^Quotes enclose cells/],
    ['a,b\n1,""y"\n', /^Quotes enclose cells/],
    ["a,b\n\n1,2\n", /^Remove that line/],
    ["a,b\n1\n", /^A row needs a cell for each column/],
  ] as const)
    await assert.rejects(tableOf(fileOf("x.csv", text)), { code: "SCSV_SOURCE_UNREADABLE", hint });
});
