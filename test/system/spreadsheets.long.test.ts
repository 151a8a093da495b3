import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { startMariadb } from "../../dev/mariadb-server.ts";
import { startPostgres } from "../../dev/postgres-server.ts";
import { csvChunks } from "../../src/index.ts";
import { cliPath } from "../harness/cli.ts";
import { writePageFiles, type WrittenFiles } from "../harness/page-files.ts";

const execute = promisify(execFile);
const page = await readFile(
  fileURLToPath(new URL("../../../docs/guides/spreadsheets.md", import.meta.url)),
  "utf8",
);
/** The shell commands of the page, in their order. */
const commands = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, text = ""]) =>
  text.trim().split("\n"),
);

let files: WrittenFiles;
let env: NodeJS.ProcessEnv;

before(async () => {
  files = await writePageFiles("spreadsheets");
  const programs = join(files.path, "bin");
  await mkdir(programs);
  await symlink(cliPath, join(programs, "stream-csv"));
  // Debian's pandas belongs to its own Python.
  const path = [programs, "/usr/bin", process.env["PATH"] ?? ""].join(delimiter);
  env = { ...process.env, PATH: path, HOME: files.path, TZ: "UTC", LC_ALL: "C.UTF-8" };
  const exports = commands.filter((command) => /^npx stream-csv export [^|&]+$/.test(command));
  assert.equal(exports.length, 6);
  for (const command of exports)
    await execute("sh", ["-c", command.replace("npx ", "")], { cwd: files.path, env });
});

after(async () => await files[Symbol.asyncDispose]());

/** Whether a program of the page can be run; otherwise the test is skipped, and says what is missing. */
async function isInstalled(t: TestContext, missing: string, ...command: readonly string[]): Promise<boolean> {
  const [program = "", ...args] = command;
  try {
    await execute(program, args, { env });
    return true;
  } catch {
    t.skip(missing);
    return false;
  }
}

/** A program of the page, and the output that it shows. */
function exampleIn(language: string): { readonly program: string; readonly output: string } {
  const [, program = "", output = ""] =
    new RegExp("^```" + language + "\\n([^]*?)^```$\\n\\n^```text\\n([^]*?)^```$", "m").exec(page) ?? [];
  assert.ok(program !== "" && output !== "", language);
  return { program, output };
}

test("the page's program for pandas prints what the page says", async (t) => {
  const missing = "pandas isn't installed: apt-get install python3-pandas";
  if (!(await isInstalled(t, missing, "python3", "-c", "import pandas"))) return;
  const { program, output } = exampleIn("python");
  const { stdout } = await execute("python3", ["-c", program], { cwd: files.path, env });
  assert.equal(stdout, output);
});

test("the page's program for pandas keeps every digit of a fraction", async (t) => {
  const missing = "pandas isn't installed: apt-get install python3-pandas";
  if (!(await isInstalled(t, missing, "python3", "-c", "import pandas"))) return;
  const folder = join(files.path, "fractions");
  await mkdir(folder);
  const prices = [0.30000000000000004, 195.98952727392316, 5e-324, Number.MAX_VALUE];
  const rows = prices.map((price, id) => ({ code: "", id, price, paid: null, at: null, memo: "" }));
  await writeFile(join(folder, "parts.csv"), csvChunks(rows, { nullValue: "NULL", quoting: "strings" }));
  const { stdout } = await execute("python3", ["-c", exampleIn("python").program], { cwd: folder, env });
  const read = stdout
    .trim()
    .split("\n")
    .map((line) => Number(line.split(" | ")[2]));
  assert.deepEqual(read, prices);
});

test("the page's program for R prints what the page says", async (t) => {
  const missing = "R isn't installed: apt-get install r-base-core";
  if (!(await isInstalled(t, missing, "Rscript", "--version"))) return;
  const { program, output } = exampleIn("r");
  await writeFile(join(files.path, "program.R"), program);
  const { stdout } = await execute("Rscript", ["--vanilla", "program.R"], { cwd: files.path, env });
  assert.equal(stdout, output);
});

test("the page's query for DuckDB finds every type and value", async () => {
  const [, query = ""] = /^```duckdb\n([^]*?)^```$/m.exec(page) ?? [];
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    const here = query.replace("'parts.csv'", `'${join(files.path, "parts.csv")}'`);
    const reader = await connection.runAndReadAll(here);
    assert.deepEqual(
      reader.columnTypes().map((type) => type.toString()),
      ["VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP WITH TIME ZONE", "VARCHAR"],
    );
    assert.deepEqual(
      reader.getRowsJson().map((row) => [row[0], row[1], row[2], row[3], row[5]]),
      [
        ["00123", "12345678901234567", 1234.5, true, 'say "hi",\n名'],
        ["12E4", "7", -0.25, false, ""],
        ["NA", "8", 0, null, "=1+1"],
      ],
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
});

test("the page's query for DuckDB takes no header for a row", async () => {
  const file = join(files.path, "years.csv");
  const rows = [{ 2024: "1", 2025: "2" }];
  await writeFile(file, csvChunks(rows, { nullValue: "NULL", quoting: "strings" }));
  const [, query = ""] = /^```duckdb\n([^]*?)^```$/m.exec(page) ?? [];
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(query.replace("'parts.csv'", `'${file}'`));
    assert.deepEqual(reader.columnNames(), ["2024", "2025"]);
    assert.equal(reader.currentRowCount, 1);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
});

test("the page's commands for PostgreSQL print what the page says", async (t) => {
  const server = startPostgres();
  if (typeof server === "string") {
    t.skip(server);
    return;
  }
  try {
    const { program, output } = exampleIn("sql");
    const script = join(files.path, "program.sql");
    await writeFile(script, program);
    const args = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", script, server.url];
    const { stdout } = await execute("psql", args, { cwd: files.path, env: { ...env, PGTZ: "UTC" } });
    assert.equal(stdout.trimEnd(), output.trimEnd());
  } finally {
    server.stop();
  }
});

test("the page's statements for MySQL print what the page says", async (t) => {
  const server = await startMariadb();
  if (typeof server === "string") {
    t.skip(server);
    return;
  }
  try {
    const { program, output } = exampleIn("mysql");
    const { hostname, port, username, password, pathname } = new URL(server.url);
    const login = [`--host=${hostname}`, `--port=${port}`, `--user=${username}`, `--password=${password}`];
    const script = join(files.path, "program.mysql");
    await writeFile(script, program);
    const command = `mariadb --no-defaults ${login.join(" ")} --local-infile=1 --batch ${pathname.slice(1)} < ${script}`;
    const { stdout } = await execute("sh", ["-c", command], { cwd: files.path, env });
    assert.equal(stdout, output);
  } finally {
    server.stop();
  }
});

/** The cells below the header of a sheet: the type, and the value in full. */
function cellsOf(sheet: string): readonly (readonly string[])[] {
  const rows = [...sheet.matchAll(/<table:table-row[ >][^]*?<\/table:table-row>/g)];
  return rows.slice(1).map(([row]) =>
    [...row.matchAll(/<table:table-cell([^>]*?)(?:\/>|>([^]*?)<\/table:table-cell>)/g)].flatMap(
      ([, attributes = "", content = ""]) => {
        const type = /office:value-type="(\w+)"/.exec(attributes)?.[1] ?? "empty";
        const value = /office:(?:date-|boolean-)?value="([^"]*)"/.exec(attributes)?.[1];
        const lines = [...content.matchAll(/<text:p>([^]*?)<\/text:p>/g)].map(([, line = ""]) => line);
        const count = Number(/number-columns-repeated="(\d+)"/.exec(attributes)?.[1] ?? 1);
        return Array.from({ length: count }, () => `${type} ${value ?? lines.join("⏎")}`.trim());
      },
    ),
  );
}

test("LibreOffice runs no formula within a quoted text where it splits at other separators, too", async (t) => {
  const missing = "LibreOffice isn't installed: apt-get install libreoffice-calc";
  if (!(await isInstalled(t, missing, "soffice", "--version"))) return;
  const rows = [{ a: "x;=1+1;y", b: "x\t=1+1\ty" }];
  await writeFile(join(files.path, "inner.csv"), csvChunks(rows, { dialect: "excel", quoting: "strings" }));
  const profile = `-env:UserInstallation=file://${files.path}/profile`;
  const filter = "--infilter=CSV:9/44/59,34,76,1,,1033,false,true";
  const args = [profile, "--headless", filter, "--convert-to", "fods", "inner.csv"];
  await execute("soffice", args, { cwd: files.path, env, timeout: 120_000 });
  const sheet = await readFile(join(files.path, "inner.fods"), "utf8");
  assert.deepEqual(cellsOf(sheet), [["string x;=1+1;y", "string x<text:tab/>=1+1<text:tab/>y"]]);
});

const memo = "string say &quot;hi&quot;,⏎名";
const asPage = [
  [
    "string 00123",
    "string 12345678901234567",
    "float 1234.5",
    "boolean true",
    "date 2026-11-28T14:05:09",
    memo,
  ],
  ["string 12E4", "float 7", "float -0.25", "boolean false", "date 2026-11-28T14:05:09.12", "empty"],
  ["string NA", "float 8", "float 0", "empty", "empty", "string &apos;=1+1"],
];
const sheets: readonly (readonly [file: string, sheet: readonly (readonly string[])[], command?: string])[] =
  [
    ["excel", asPage],
    // Without formulas, the digits of a long number are lost.
    ["quoted", asPage.map((row, index) => (index === 0 ? row.with(1, "float 1.23456789012346E+016") : row))],
    [
      "excel-eu",
      asPage.map((row, index) =>
        row
          .map((cell) => cell.replace(/^boolean (\w+)/, (_, word: string) => `string ${word.toUpperCase()}`))
          .with(4, index === 1 ? "string 2026-11-28 14:05:09.123" : (row[4] ?? "")),
      ),
      "soffice --headless --infilter='CSV:59,34,76,1,,1031,false,true' --convert-to xlsx excel-eu.csv",
    ],
  ];

for (const [file, expected, given] of sheets)
  test(`LibreOffice reads ${file}.csv as the page says`, async (t) => {
    const missing = "LibreOffice isn't installed: apt-get install libreoffice-calc";
    if (!(await isInstalled(t, missing, "soffice", "--version"))) return;
    const command = given ?? commands.find((one) => one.endsWith(`-to xlsx ${file}.csv`)) ?? "";
    // The same sheet as text. A profile of its own lets it run beside an open LibreOffice.
    const profile = `-env:UserInstallation=file://${files.path}/profile`;
    const here = command.replace("-to xlsx", "-to fods").replace("soffice", `soffice ${profile}`);
    await execute("sh", ["-c", here], { cwd: files.path, env, timeout: 120_000 });
    const sheet = await readFile(join(files.path, `${file}.fods`), "utf8");
    assert.deepEqual(cellsOf(sheet), expected);
  });
