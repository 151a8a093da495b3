import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultBudgets, nameOf, parseBudget, requireAboveFloor } from "../../../bench/gate/budget/budget.ts";
import { readBudgets } from "../../../bench/gate/budget/read-budgets.ts";
import { relativeBudget } from "./relative-budget.ts";

const mib = 1024 ** 2;

test("a budget is a delivery, a metric and a percentage, with or without its sign", () => {
  assert.deepEqual(parseBudget("streaming.cpu_s_per_mib=5%"), {
    delivery: "streaming",
    metric: "cpu_s_per_mib",
    share: 0.05,
    least: null,
  });
  assert.equal(relativeBudget("buffered.total_s=12.5").share, 0.125);
  assert.equal(relativeBudget(" file.total_s = .5 % ").share, 0.005);
});

test("memory has to grow by 8 MiB as well, whatever percentage is named", () => {
  assert.equal(relativeBudget("streaming.peak_rss_over_idle_bytes=20").least, 8 * mib);
});

test("the default budgets are CPU per MiB at 5 % and peak memory at 10 % and 8 MiB", () => {
  assert.deepEqual(
    defaultBudgets(["streaming"]).map((budget) => [nameOf(budget), budget.share, budget.least]),
    [
      ["streaming.cpu_s_per_mib", 0.05, null],
      ["streaming.peak_rss_over_idle_bytes", 0.1, 8 * mib],
    ],
  );
  assert.equal(defaultBudgets(["streaming", "file"]).length, 4);
});

const refused: readonly (readonly [string, RegExp])[] = [
  ["streaming", /"streaming" is not a budget: write SUBJECT\.METRIC=PERCENT/],
  ["", /"" is not a budget/],
  ["streaming.total_s", /is not a budget: write SUBJECT/],
  ["streaming.total_s<=", /"" in "streaming\.total_s<=" is not a value of total_s: .* 500ms/],
  ["streaming.total_s<=fast", /"fast" .* such as 500ms or 1\.5s/],
  ["api.peak_rss_over_idle_bytes<=64s", /"64s" .* such as 64MiB/],
  ["api.throughput_bytes_per_s>=10MiB/MiB", /"10MiB\/MiB" .* such as 10MiB\/s/],
  ["streaming.speed=5", /"speed" in .* is not a metric; there are: first_byte_s, total_s, .*release_s\./],
  ["streaming.rows=5", /needs no budget: rows has to be equal in every round\. .* streaming\.rows>=VALUE/],
  ["streaming.total_s=fast", /"fast" .* a percentage above 0 and up to 1000/],
  ["streaming.total_s=0", /"0" .* a percentage above 0/],
  ["streaming.total_s=-5", /"-5" .* a percentage above 0/],
  ["streaming.total_s=1e9", /"1e9"/],
  ["streaming.total_s=2000", /"2000"/],
  ["streaming.total_s=", /"" in "streaming\.total_s="/],
  ["streaming.total_s=5%%", /"5%%"/],
];
for (const [text, reason] of refused) {
  test(`the budget "${text}" is refused with a sentence`, () => {
    assert.throws(
      () => parseBudget(text),
      (error) => error instanceof RangeError && reason.test(error.message),
    );
  });
}

const values: readonly (readonly [text: string, bound: string, value: number, name?: string])[] = [
  ["api.first_byte_s<=500ms", "most", 0.5],
  ["api.first_byte_s <= 1.5", "most", 1.5, "api.first_byte_s<=1.5s"],
  ["api.idle_rss_bytes<=500", "most", 500, "api.idle_rss_bytes<=500 B"],
  ["api.cpu_s_per_mib<=1", "most", 1, "api.cpu_s_per_mib<=1s/MiB"],
  ["api.peak_rss_over_idle_bytes<=64MiB", "most", 64 * mib],
  ["api.throughput_bytes_per_s>=10MiB/s", "least", 10 * mib],
  ["api.cpu_s_per_mib<=5ms/MiB", "most", 0.005],
  ["api.rows_per_s>=20000", "least", 20_000],
  ["api.rows>=100000", "least", 100_000],
  ["api.body_bytes>=10MiB", "least", 10 * mib],
];
for (const [text, bound, value, name = text] of values) {
  test(`the budget "${text}" is a value, and is shown with its unit`, () => {
    const budget = parseBudget(text);
    assert.ok("limit" in budget);
    assert.deepEqual([budget.limit.bound, budget.limit.value], [bound, value]);
    assert.equal(nameOf(budget), name);
  });
}

test("a budget for something that is not measured is refused, with what is", () => {
  assert.throws(
    () => readBudgets(["pigeon.total_s=5"], ["api", "streaming"]),
    /a budget for pigeon\.total_s, but only these are measured: api, streaming\./,
  );
});

test("a budget below the noise of the machine is refused, with the floor named", () => {
  const budget = relativeBudget("streaming.cpu_s_per_mib=1%");
  assert.throws(
    () => requireAboveFloor(budget, { share: 0.031, runs: 100 }),
    /streaming\.cpu_s_per_mib=1% is below the noise .* 100 calibration runs .* up to 3\.1%/,
  );
  requireAboveFloor(budget, { share: 0.01, runs: 100 });
  requireAboveFloor(budget, null);
});

test("a budget with a least change is not broken by a share of noise", () => {
  const [, memory] = defaultBudgets(["streaming"]);
  assert.ok(memory?.least === 8 * 1024 ** 2);
  requireAboveFloor(memory, { share: 0.3, runs: 100 });
});
