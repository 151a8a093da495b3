import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { runCliInTurn } from "../harness/cli-in-turn.ts";
import { startServe } from "../harness/cli.ts";

const flights = "node_modules/vega-datasets/data/flights-3m.parquet";

let folder: string;
/** A title line, then cells between bars in Latin-1, whose text may contain a quote anywhere and is NA for null. */
let strange: string;
const flags = [
  ["--encoding", "latin-1"],
  ["--skip-rows", "1"],
  ["--delimiter-in", "pipe"],
  ["--quote-in", "none"],
  ["--null-in", "NA"],
].flat();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "file-flags-"));
  strange = join(folder, "strange.csv");
  await writeFile(strange, Buffer.from('a title\nna\u00efve|b\n1,NA|\n"2|NA\n', "latin1"));
});
after(async () => {
  await rm(folder, { recursive: true });
});

test("reads a text file as the flags of export and serve say", async () => {
  const unix = ["--dialect", "unix"];
  const exported = await runCliInTurn(["export", strange, ...flags, ...unix]);
  assert.equal(exported.stdout, 'naïve,b\n"1,NA",""\n"""2",\n', exported.stderr);
  await using server = await startServe([strange, flights, ...flags]);
  for (const delivery of ["streaming", "buffered", "file"]) {
    const answer = await fetch(`${server.url}/exports/strange.csv?dialect=unix&delivery=${delivery}`);
    assert.equal(await answer.text(), exported.stdout, delivery);
  }
});

test("reads the first record as a row if there is no header", async () => {
  const { stdout } = await runCliInTurn(["export", strange, ...flags, "--no-header-in", "--dialect", "unix"]);
  assert.match(stdout, /^column0,column1\nnaïve,b\n/);
});

for (const [what, args, message] of [
  ["a delimiter of two characters", ["--delimiter-in", "ab"], /--delimiter-in must be one character.*"ab"/],
  ["a count that is none", ["--skip-rows", "x"], /--skip-rows must be a whole number.*"x"/],
  [
    "an encoding that isn't known",
    ["--encoding", "ebcdic"],
    /^error: --encoding: "ebcdic" is not one of its values/m,
  ],
] as const) {
  test(`refuses ${what}, in both commands`, async () => {
    for (const command of ["export", "serve"]) {
      const { exitCode, stderr } = await runCliInTurn([command, strange, ...args]);
      assert.equal(exitCode, 1);
      assert.match(stderr, message);
    }
  });
}

test("refuses an option that none of the sources takes", async () => {
  for (const source of ["orders", flights]) {
    const { exitCode, stderr } = await runCliInTurn(["export", source, "--rows", "1", "--delimiter-in", ";"]);
    assert.equal(exitCode, 1);
    assert.match(stderr, /--delimiter-in is only for CSV files, and none is given\. Leave it out\./);
  }
  const served = await runCliInTurn(["serve", flights, "--encoding", "latin-1"]);
  assert.match(served.stderr, /--encoding is only for CSV and JSON files, and none is given/);
});
