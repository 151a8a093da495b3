import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, isSurelyOutside, type Change, type Limit } from "../../../bench/gate/judge/decide.ts";

const share: Limit = { better: "lower", share: 0.05, least: null };
const memory: Limit = { better: "lower", share: 0.1, least: 8 };

const cases: readonly (readonly [string, Change, Limit, string])[] = [
  ["wholly above", { ratio: { low: 1.06, high: 1.1 }, difference: null }, share, "regression"],
  ["wholly below", { ratio: { low: 0.9, high: 1.04 }, difference: null }, share, "pass"],
  ["across the limit", { ratio: { low: 1.01, high: 1.08 }, difference: null }, share, "inconclusive"],
  ["touching it from below", { ratio: { low: 1, high: 1.05 }, difference: null }, share, "inconclusive"],
  ["without a ratio", { ratio: null, difference: null }, share, "inconclusive"],
  [
    "a zero among values over it",
    { ratio: null, difference: null, excess: { low: 1, high: 9 } },
    share,
    "regression",
  ],
  ["zeros that stay zeros", { ratio: null, difference: null, excess: { low: 0, high: 0 } }, share, "pass"],
  [
    "a zero among values across it",
    { ratio: null, difference: null, excess: { low: -1, high: 9 } },
    share,
    "inconclusive",
  ],
  [
    "less of what should be high",
    { ratio: { low: 0.85, high: 0.9 }, difference: null },
    { ...share, better: "higher" },
    "regression",
  ],
  [
    "more of what should be high",
    { ratio: { low: 1.2, high: 1.3 }, difference: null },
    { ...share, better: "higher" },
    "pass",
  ],
  [
    "memory over both limits",
    { ratio: { low: 1.2, high: 1.3 }, difference: { low: 9, high: 12 } },
    memory,
    "regression",
  ],
  [
    "memory over its share alone",
    { ratio: { low: 2, high: 3 }, difference: { low: 2, high: 5 } },
    memory,
    "pass",
  ],
  [
    "memory over its bytes alone",
    { ratio: { low: 1, high: 1.05 }, difference: { low: 9, high: 20 } },
    memory,
    "pass",
  ],
  [
    "memory over one and across the other",
    { ratio: { low: 1.2, high: 1.3 }, difference: { low: 6, high: 12 } },
    memory,
    "inconclusive",
  ],
  [
    "memory without a ratio, below the bytes",
    { ratio: null, difference: { low: -3, high: 3 } },
    memory,
    "pass",
  ],
  [
    "memory without a ratio, above the bytes",
    { ratio: null, difference: { low: 9, high: 30 } },
    memory,
    "inconclusive",
  ],
];
for (const [name, change, limit, expected] of cases) {
  test(`a change ${name} is ${expected}`, () => {
    assert.equal(decide(change, limit), expected);
  });
}

test("equal arms must not differ by more than the budget in either direction", () => {
  const outside = (low: number, high: number): boolean =>
    isSurelyOutside({ ratio: { low, high }, difference: null }, share);
  assert.equal(outside(1.06, 1.2), true);
  assert.equal(outside(0.8, 0.94), true);
  assert.equal(outside(0.8, 0.96), false);
  assert.equal(outside(0.99, 1.2), false);
  assert.equal(isSurelyOutside({ ratio: null, difference: null }, share), false);
  const change = { ratio: { low: 1.5, high: 2 }, difference: { low: 1, high: 3 } };
  assert.equal(isSurelyOutside(change, memory), false);
  assert.equal(isSurelyOutside({ ...change, difference: { low: 9, high: 30 } }, memory), true);
});
