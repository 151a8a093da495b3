import assert from "node:assert/strict";
import { test } from "node:test";
import { renderReport } from "../../../bench/internal.ts";
import type { BenchResult } from "../../../bench/index.ts";
import { buildReport } from "../../../bench/report/build-report.ts";
import { textsOf } from "./read-tables.ts";
import { fixtureResult } from "./results.ts";

const metric = "first_byte_s";

/** The result of a run that gates, with a limit for its first byte beside the comparison with the other version. */
function withLimit(verdict: "pass" | "regression" | "inconclusive"): BenchResult {
  const result = fixtureResult("pass");
  const compared = result.comparisons.find((item) => item.metric === metric);
  assert.ok(compared, "the fixture compares the first byte of two versions");
  const limit = { ...compared, control: "<=500ms", ratio: 0.0321, ci: [0.03, 0.034] as const, budget: null };
  return {
    ...result,
    comparisons: [
      { ...limit, limit: { bound: "most", value: 0.5 }, verdict } as never,
      ...result.comparisons,
    ],
  };
}

function rowsOf(result: BenchResult, heading: RegExp): readonly (readonly string[])[] {
  const section = buildReport(result).sections.find((one) => heading.test(one.heading));
  return (section?.tables ?? []).flatMap((table) => textsOf(table));
}

test("a column of ratios between versions never shows the ratio to a limit", () => {
  const without = rowsOf(fixtureResult("pass"), /^One export/);
  assert.ok(without.some((row) => row[0] === "first byte"));
  assert.deepEqual(rowsOf(withLimit("pass"), /^One export/), without);
});

test("the table of budgets names the limit, and the arm that has to keep it", () => {
  const row = rowsOf(withLimit("pass"), /^Compared with budgets/).find((cells) => cells.includes("<=500ms"));
  assert.ok(row);
  const arm = fixtureResult("pass").comparisons.find((item) => item.metric === metric)?.treatment;
  assert.equal(row[0], "first byte");
  assert.ok(row.includes(String(arm)), row.join(" | "));
  assert.ok(!row.some((cell) => cell.includes("/<=")), row.join(" | "));
});

for (const [verdict, words] of [
  ["pass", "within its budget of <=500ms"],
  ["regression", "beyond its budget of <=500ms"],
  ["inconclusive", "not surely within <=500ms"],
] as const) {
  test(`the first lines say "${words}" when the verdict on a limit is ${verdict}`, async () => {
    const text = await renderReport("text", withLimit(verdict), { columns: 1000 });
    assert.match(text, new RegExp(`first byte: .*${words}`));
  });
}

test("a run with one comparison doesn't say that all of them are within their budgets", () => {
  const result = withLimit("pass");
  const single = { ...result, comparisons: result.comparisons.slice(0, 1) };
  assert.equal(buildReport(single).conclusion.title, "Pass: the one comparison is within its budget");
});
