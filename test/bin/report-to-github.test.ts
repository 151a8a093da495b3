import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import * as bench from "../../bench/index.ts";
import { reportToGitHub } from "../../bin/report-to-github.ts";
import { fixtureResult } from "../bench/report/results.ts";

const mostBytes = 1024 ** 2;
const result = fixtureResult("pass");
let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
});
after(() => rm(folder, { recursive: true }));

/** Tells a step whose summary has so many bytes already; gives the summary and what was said on standard error. */
async function tell(t: TestContext, taken: number): Promise<{ summary: string; said: string }> {
  const file = join(folder, `${taken}.md`);
  await writeFile(file, "x".repeat(taken));
  const own = process.env["GITHUB_STEP_SUMMARY"];
  process.env["GITHUB_STEP_SUMMARY"] = file;
  const write = t.mock.method(process.stderr, "write", () => true);
  try {
    await reportToGitHub(bench, result);
  } finally {
    write.mock.restore();
    if (own === undefined) delete process.env["GITHUB_STEP_SUMMARY"];
    else process.env["GITHUB_STEP_SUMMARY"] = own;
  }
  const said = write.mock.calls.map((call) => String(call.arguments[0])).join("");
  return { summary: (await readFile(file, "utf8")).slice(taken), said };
}

test("a report that doesn't fit into what is left of a summary says which parts it lacks", async (t) => {
  const { summary, said } = await tell(t, mostBytes - 6000);
  assert.ok(Buffer.byteLength(summary) <= 6000);
  assert.match(summary, /^## orders/);
  assert.match(summary, /\nLeft out for want of room: .*values of every round of export\. The result/);
  assert.equal(said, "");
});

for (const left of [4095, 100, 0, -5000]) {
  test(`nothing is added to a summary with ${left} bytes left, and one line says so`, async (t) => {
    const { summary, said } = await tell(t, mostBytes - left);
    assert.equal(summary, "");
    assert.equal(said, "The summary of this step is full, so the report is not added to it.\n");
  });
}
