import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { summarize } from "../../../dev/calibrate/calibration-summary.ts";
import { parseCalibration } from "../../../bench/gate/budget/calibration-run.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const file = `${root}bench/data/calibration.jsonl`;

test("the calibration that is kept has as many runs as it should, keeps its promises, and docs/trust.md says what it says", async () => {
  const runs = parseCalibration(await readFile(file, "utf8"), file);
  const count = (kind: string): number => runs.filter((run) => run.kind === kind).length;
  assert.deepEqual([count("aa"), count("slow"), count("heavy")], [100, 60, 20]);
  assert.equal(new Set(runs.map(({ build }) => build)).size, 1);
  assert.ok(runs.every(({ gitSha }) => gitSha !== null && /^[0-9a-f]{40}$/.test(gitSha)));
  const [first] = runs;
  assert.ok(first !== undefined);
  const { sentences, isKept } = summarize(runs, first.environment);
  assert.equal(isKept, true);
  const page = await readFile(`${root}docs/trust.md`, "utf8");
  for (const sentence of sentences) assert.ok(page.includes(`\n${sentence}\n`), sentence);
});
