import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { processTree } from "../../../bench/probe/process-tree.ts";
import { askVersion } from "../../../dev/peers/run-program.ts";
import { endWithUs } from "../../harness/children.ts";

const program = fileURLToPath(new URL("../../../dev/calibrate/accuracy.js", import.meta.url));

/** Runs the program to its end. */
async function measure(args: readonly string[]): Promise<{ code: unknown; output: string; errors: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [program, ...args],
      { timeout: 120_000 },
      (fault, output, errors) => resolve({ code: fault?.code ?? 0, output, errors }),
    );
    endWithUs(child);
  });
}

test("a server over PostgreSQL is measured at the first try, by bench, curl and a script", async (t) => {
  if (!hasProcFiles) return t.skip("CPU time and memory are read from /proc, which only Linux has");
  if (!existsSync("/usr/lib/postgresql"))
    return t.skip("PostgreSQL isn't installed: apt-get install postgresql");
  for (const tool of ["curl", "python3"]) {
    if ((await askVersion([tool, "--version"], t.signal)) === null)
      return t.skip(`${tool} isn't installed: apt-get install ${tool}`);
  }
  const name = "express, csv-stringify";
  const flags = ["--over", "postgres", "--rounds", "1", "--rows", "20000"];
  const { code, output, errors } = await measure([...flags, name]);
  assert.equal(code, 0, errors);
  assert.match(output, /^ {2}started by: PORT=\{port\} \S*node\S* \S+\/express-server\.js postgres:\S+$/m);
  const rows = output.split("\n").filter((line) => line.startsWith(`| ${name} | 20000 | `));
  assert.equal(rows.length, 2, output);
  for (const row of rows) assert.equal(row.match(/\d+\.\d+× \(\d+\.\d+–\d+\.\d+\)/g)?.length, 4, output);
  assert.deepEqual(await processTree(process.pid), [process.pid]);
});

const wrong: readonly (readonly [what: string, args: readonly string[], message: RegExp])[] = [
  ["an unknown series", ["--over", "mysql"], /^--over "mysql" is none of on-request, postgres\.\n$/],
  [
    "an unknown server",
    ["--over", "postgres", "perl"],
    /^"perl" is none of the servers over postgres: ".*"php"/,
  ],
  ["no rounds", ["--rounds", "0"], /^--rounds "0" is not a whole number\. Use 1 or more\.\n$/],
];
for (const [what, args, message] of wrong) {
  test(`${what} is refused before anything is started`, async () => {
    const { code, output, errors } = await measure(args);
    assert.equal(code, 1);
    assert.equal(output, "");
    assert.match(errors, message);
  });
}
