import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { renderers, renderReport, type ReportFormat } from "../../bench/report/renderers.ts";
import { fixtureResult, resultPath } from "../bench/report/results.ts";
import { runCliInTurn } from "../harness/cli-in-turn.ts";
import { runCli, startCli } from "../harness/cli.ts";

const result = resultPath("regression");
const formats = Object.keys(renderers) as readonly ReportFormat[];
let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
});
after(() => rm(folder, { recursive: true }));

test("prints the terminal report by default", async () => {
  const { exitCode, stdout, stderr } = await runCli(["report", result]);
  assert.equal(stdout, await renderReport("text", fixtureResult("regression")));
  assert.equal(stderr, "");
  // Only bench exits by the verdict; rendering a result is a success.
  assert.equal(exitCode, 0);
});

for (const format of ["json", "html"] as const) {
  test(`--format ${format} puts that on standard output, and nothing else`, async () => {
    const { exitCode, stdout, stderr } = await runCliInTurn(["report", result, "--format", format]);
    assert.equal(stdout, await renderReport(format, fixtureResult("regression")));
    assert.deepEqual([exitCode, stderr], [0, ""]);
  });
}

test("writes each --output to its file, leaves nothing beside them and prints nothing", async () => {
  const place = join(folder, "all");
  await mkdir(place);
  const outputs = formats.flatMap((format) => ["-o", `${format}=${join(place, `r=1.${format}`)}`]);
  const { exitCode, stdout, stderr } = await runCliInTurn(["report", result, ...outputs]);
  assert.deepEqual([exitCode, stdout, stderr], [0, "", ""]);
  for (const format of formats) {
    const written = await readFile(join(place, `r=1.${format}`), "utf8");
    assert.equal(written, await renderReport(format, fixtureResult("regression")));
  }
  assert.equal((await readdir(place)).length, formats.length);
});

test("a file may be written while another report goes to standard output", async () => {
  const file = join(folder, "both.md");
  for (const args of [
    ["-o", `markdown=${file}`, "-o", "csv=-"],
    ["-o", `markdown=${file}`, "--format", "csv"],
  ]) {
    const { exitCode, stdout } = await runCliInTurn(["report", result, ...args]);
    assert.equal(exitCode, 0);
    assert.match(stdout, /^scenario,round,valid,arm,metric,unit,value\r\n/);
    assert.match(await readFile(file, "utf8"), /^## orders/);
  }
});

test("a result rendered as json can be rendered again", async () => {
  const file = join(folder, "again.json");
  await runCliInTurn(["report", resultPath("explaining"), "-o", `json=${file}`]);
  const { stdout } = await runCliInTurn(["report", file, "--format", "html"]);
  assert.equal(stdout, await renderReport("html", fixtureResult("explaining")));
});

test("an existing file is replaced only by a complete one", async () => {
  const file = join(folder, "kept.html");
  const broken = join(folder, "broken.json");
  await writeFile(file, "before");
  await writeFile(broken, (await readFile(result, "utf8")).replace('"complete": true', '"complete": "yes"'));
  const { exitCode, stderr } = await runCliInTurn(["report", broken, "-o", `html=${file}`]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /complete: expected boolean, and found "yes"/);
  assert.equal(await readFile(file, "utf8"), "before");
});

test("a reader that closes the pipe early is not an error", async () => {
  const cli = startCli(["report", resultPath("explaining"), "--format", "html"]);
  cli.process.stdout.once("data", () => cli.process.stdout.destroy());
  const { exitCode, stderr } = await cli.ended;
  assert.deepEqual([exitCode, stderr], [0, ""]);
});

const refusals: readonly (readonly [title: string, args: readonly string[], message: RegExp])[] = [
  ["no result file", [], /missing required argument 'result\.json'/],
  ["a file that isn't there", ["missing.json"], /"missing\.json" can't be read: ENOENT/],
  [
    "an unknown format",
    [result, "--format", "pdf"],
    /"pdf" is not one of its values\. Use one of text, markdown, html/,
  ],
  ["an unknown format of an output", [result, "-o", "pdf=x"], /"pdf=x" is not an output\. Write FORMAT=FILE/],
  ["an output without a file", [result, "-o", "html"], /"html" is not an output\. Write FORMAT=FILE/],
  ["an output with an empty file", [result, "-o", "html="], /"html=" is not an output/],
  [
    "two reports for standard output",
    [result, "-o", "html=-", "-o", "json=-"],
    /Standard output can take one report, but gets html and json/,
  ],
  [
    "a format together with an output for standard output",
    [result, "--format", "csv", "-o", "json=-"],
    /Leave out --format csv/,
  ],
  [
    "two reports for one file",
    [result, "-o", "html=a.txt", "-o", "json=./a.txt"],
    /"\.\/a\.txt" can take one report, but gets html and json/,
  ],
  [
    "a folder that isn't there",
    [result, "-o", "html=no/such/r.html"],
    /"no\/such\/r\.html" can't be written: its folder/,
  ],
  ["a folder instead of a file", [result, "-o", "html=/"], /"\/" can't be written: it is a folder/],
];

for (const [title, args, message] of refusals) {
  test(`${title} is refused with exit code 1 and nothing on standard output`, async () => {
    const { exitCode, stdout, stderr } = await runCliInTurn(["report", ...args]);
    assert.match(stderr, message);
    assert.deepEqual([exitCode, stdout], [1, ""]);
  });
}

test("bench refuses impossible outputs before it measures", async () => {
  const { exitCode, stdout, stderr } = await runCliInTurn(["bench", "-o", "html=no/such/r.html"]);
  assert.deepEqual([exitCode, stdout], [1, ""]);
  assert.match(stderr, /"no\/such\/r\.html" can't be written: its folder .* doesn't exist or isn't writable/);
});

test("report reads a result from standard input", async () => {
  const cli = startCli(["report", "-"]);
  cli.process.stdin.end(readFileSync(resultPath("regression")));
  const { exitCode, stdout, stderr } = await cli.ended;
  const { stdout: expected } = await runCliInTurn(["report", resultPath("regression")]);
  assert.deepEqual([exitCode, stdout, stderr], [0, expected, ""]);
  const broken = startCli(["report", "-"]);
  broken.process.stdin.end("total,0.8\n1,2");
  const ended = await broken.ended;
  assert.equal(ended.exitCode, 1);
  assert.match(ended.stderr, /^error: "standard input" is not JSON: .*\nName a result file/);
});
