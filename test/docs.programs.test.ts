import assert from "node:assert/strict";
import { test } from "node:test";
import { findPages, programsOf, runPageProgram, sortedLines } from "./harness/page-programs.ts";

const programs = (await Promise.all((await findPages()).map(programsOf))).flat();

for (const program of programs) {
  test(`${program.name} prints what the page says`, async () => {
    assert.deepEqual(sortedLines(await runPageProgram(program)), sortedLines(program.output));
  });
}
