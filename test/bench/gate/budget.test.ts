import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultBudgets, nameOf, parseBudget, requireAboveFloor } from "../../../bench/gate/budget/budget.ts";

const mib = 1024 ** 2;

test("a budget is a delivery, a metric and a percentage, with or without its sign", () => {
  assert.deepEqual(parseBudget("streaming.cpu_s_per_mib=5%"), {
    delivery: "streaming",
    metric: "cpu_s_per_mib",
    share: 0.05,
    least: null,
  });
  assert.equal(parseBudget("buffered.total_s=12.5").share, 0.125);
  assert.equal(parseBudget(" file.total_s = .5 % ".replaceAll(" =", "=").trim()).share, 0.005);
});

test("memory has to grow by 8 MiB as well, whatever percentage is named", () => {
  assert.equal(parseBudget("streaming.peak_rss_over_idle_bytes=20").least, 8 * mib);
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
  ["streaming", /"streaming" is not a budget: write DELIVERY\.METRIC=PERCENT/],
  ["", /"" is not a budget/],
  ["streaming.total_s", /is not a budget: write DELIVERY/],
  [
    "pigeon.total_s=5",
    /"pigeon" in "pigeon\.total_s=5" is not a delivery; there are: streaming, buffered, file\./,
  ],
  ["streaming.speed=5", /"speed" in .* is not a metric; there are: first_byte_s, total_s, .*release_s\./],
  ["streaming.rows=5", /needs no budget: rows has to be equal in every round/],
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

test("a budget below the noise of the machine is refused, with the floor named", () => {
  const budget = parseBudget("streaming.cpu_s_per_mib=1%");
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
