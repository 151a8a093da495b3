import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseResult } from "../../../bench/result/read-result.ts";
import type { BenchResult } from "../../../bench/index.ts";

const fixtures = fileURLToPath(new URL("../../../../fixtures/", import.meta.url));

/** The path of a result file among the fixtures. */
export function resultPath(name: string): string {
  return `${fixtures}results/${name}.json`;
}

/** A result among the fixtures, as it is read. */
export function fixtureResult(name: string): BenchResult {
  return parseResult(readFileSync(resultPath(name), "utf8"), name);
}

/** Holds a report against its golden file; `UPDATE_GOLDEN=1` writes that instead. */
export function assertGolden(name: string, text: string): void {
  const path = `${fixtures}reports/${name}.golden`;
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, text);
  const golden = readFileSync(path, "utf8");
  // A diff of a whole page of HTML takes minutes and helps nobody; the first line that differs does.
  const [lines, goldenLines] = [text.split("\n"), golden.split("\n")];
  const index = lines.findIndex((line, at) => line !== goldenLines[at]);
  assert.equal(lines[index], goldenLines[index], `line ${index + 1} of ${name} differs from its golden file`);
  assert.equal(text.length, golden.length, `${name} and its golden file differ in length`);
}
