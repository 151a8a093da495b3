import assert from "node:assert/strict";
import { test } from "node:test";
import { measureTwiceAtMost, roundFault, type RoundWatch } from "../../../bench/gate/round-guard.ts";
import { StreamCsvError } from "../../../src/index.ts";

const still = { ticks: { stolen: 5, total: 1000 }, throttling: { periods: 10, throttledPeriods: 2 } };
const good: RoundWatch = {
  before: still,
  after: { ticks: { stolen: 6, total: 2000 }, throttling: { periods: 20, throttledPeriods: 2 } },
  readerBusyRatio: 0.5,
  bodyBytes: { streaming: 100, "streaming-other": 100 },
  expectedBytes: 100,
};

test("a quiet round can be trusted, and so can one on a machine that tells nothing", () => {
  assert.equal(roundFault(good), null);
  const silent = { ticks: null, throttling: null };
  assert.equal(
    roundFault({ ...good, before: silent, after: silent, readerBusyRatio: null, expectedBytes: null }),
    null,
  );
});

const faults: readonly (readonly [string, Partial<RoundWatch>, RegExp])[] = [
  [
    "stolen time",
    { after: { ...still, ticks: { stolen: 105, total: 2000 } } },
    /^10 % of the CPU time went to other guests/,
  ],
  [
    "a throttled group",
    { after: { ...still, throttling: { periods: 30, throttledPeriods: 5 } } },
    /in 3 of 20 periods/,
  ],
  ["a saturated reader", { readerBusyRatio: 0.93 }, /reader was busy for 93 %/],
  ["a wrong body", { bodyBytes: { streaming: 99 } }, /body of streaming had 99 bytes, and 100/],
];
for (const [name, change, reason] of faults) {
  test(`${name} makes a round untrustworthy, with the reason in a sentence`, () => {
    assert.match(roundFault({ ...good, ...change }) ?? "", reason);
  });
}

test("a round that can't be trusted is repeated once, and the repetition counts", async () => {
  const attempts: number[] = [];
  const value = await measureTwiceAtMost(async (attempt) => {
    attempts.push(attempt);
    return { value: attempt, fault: attempt === 0 ? "noise" : null };
  });
  assert.equal(value, 1);
  assert.deepEqual(attempts, [0, 1]);
});

test("a good round isn't repeated", async () => {
  let attempts = 0;
  await measureTwiceAtMost(async () => ({ value: (attempts += 1), fault: null }));
  assert.equal(attempts, 1);
});

test("when the repetition can't be trusted either the run is invalid, and both reasons are told", async () => {
  await assert.rejects(
    measureTwiceAtMost(async (attempt) => ({ value: 0, fault: attempt === 0 ? "Stolen." : "Throttled." })),
    (error) =>
      error instanceof StreamCsvError &&
      error.code === "SCSV_MEASUREMENT_INVALID" &&
      /Throttled\. The first time: Stolen\./.test(error.message),
  );
});
