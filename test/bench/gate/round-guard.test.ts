import assert from "node:assert/strict";
import { test } from "node:test";
import {
  machineNotes,
  measureTwiceAtMost,
  roundFault,
  type RoundWatch,
} from "../../../bench/gate/measure/round-guard.ts";
import { StreamCsvError } from "../../../src/index.ts";

const still = { ticks: { stolen: 5, total: 1000 }, throttling: { periods: 10, throttledPeriods: 2 } };
const good: RoundWatch = {
  before: still,
  after: { ticks: { stolen: 6, total: 2000 }, throttling: { periods: 20, throttledPeriods: 2 } },
  readerBusyRatio: 0.5,
};

test("a quiet round can be trusted, and so can one on a machine that reports nothing", () => {
  assert.equal(roundFault(good), null);
  const silent = { ticks: null, throttling: null };
  assert.equal(roundFault({ ...good, before: silent, after: silent, readerBusyRatio: null }), null);
});

const faults: readonly (readonly [string, Partial<RoundWatch>, RegExp])[] = [
  [
    "stolen time",
    { after: { ...still, ticks: { stolen: 125, total: 2000 } } },
    /^12 % of the CPU time went to other guests/,
  ],
  [
    "a throttled group",
    { after: { ...still, throttling: { periods: 30, throttledPeriods: 5 } } },
    /in 3 of 20 periods/,
  ],
  ["a saturated reader", { readerBusyRatio: 0.93 }, /reader was busy for 93 %/],
];
for (const [name, change, reason] of faults) {
  test(`${name} makes a round untrustworthy, with the reason in a sentence`, () => {
    assert.match(roundFault({ ...good, ...change }) ?? "", reason);
  });
}

test("a limit that stopped a group in at most a tenth of its periods is accepted", () => {
  assert.equal(
    roundFault({ ...good, after: { ...still, throttling: { periods: 30, throttledPeriods: 4 } } }),
    null,
  );
});

test("a run that gates nothing is noted where the machine took CPU time from it", () => {
  const silent = { ticks: null, throttling: null };
  assert.deepEqual(machineNotes(good), []);
  assert.deepEqual(machineNotes({ before: silent, after: silent }), []);
  const both = { ticks: { stolen: 125, total: 2000 }, throttling: { periods: 30, throttledPeriods: 5 } };
  assert.deepEqual(machineNotes({ before: still, after: both }), [
    "12 % of the CPU time went to other guests of the host meanwhile: times may be those of a slower machine.",
    "The CPU limit of the control group stopped the processes in 3 of 20 periods meanwhile: times are those of a slower machine. Allow two cores, or set no limit.",
  ]);
});

test("a round that can't be trusted is repeated once, and the repetition counts", async () => {
  let attempts = 0;
  await measureTwiceAtMost(async () => ((attempts += 1) === 1 ? "noise" : null));
  assert.equal(attempts, 2);
});

test("a good round is not repeated", async () => {
  let attempts = 0;
  await measureTwiceAtMost(async () => {
    attempts += 1;
    return null;
  });
  assert.equal(attempts, 1);
});

test("when the repetition can't be trusted either, the run is invalid and gives both reasons", async () => {
  let attempts = 0;
  await assert.rejects(
    measureTwiceAtMost(async () => ((attempts += 1) === 1 ? "Stolen." : "Throttled.")),
    (error) =>
      error instanceof StreamCsvError &&
      error.code === "SCSV_MEASUREMENT_INVALID" &&
      /Throttled\. The first time: Stolen\./.test(error.message),
  );
});
