import assert from "node:assert/strict";
import { test } from "node:test";
import { mediansOf, recordExpectations } from "../../../bench/scenario/expectation.ts";
import { isNextTooLate, roundsUpTo } from "../../../bench/scenario/run-time.ts";
import { RunRecord } from "../../../bench/session/run-record.ts";

/** A record with one round per value; the last one doesn't count. */
function recordOf(...values: readonly (number | null)[]): RunRecord {
  const record = new RunRecord();
  for (const [index, total_s] of values.entries()) {
    const valid = index < values.length - 1;
    record.rounds.push({ scenario: "export", index, order: ["a"], valid, arms: { a: { total_s } } });
  }
  return record;
}

test("a median covers the valid rounds of the scenario that have the metric", () => {
  const medianOf = mediansOf(recordOf(1, null, 3, 100), "export");
  assert.equal(medianOf("a", "total_s"), 2);
  assert.equal(medianOf("b", "total_s"), null);
  assert.equal(medianOf("a", "first_byte_s"), null);
  assert.equal(mediansOf(recordOf(1, 2), "mixed")("a", "total_s"), null);
});

test("an expectation is recorded beside the median, and one outside its tolerance gives a warning", () => {
  const record = recordOf(1, 3, 100);
  const expectation = { arm: "a", metric: "total_s", tolerance: 0.5 } as const;
  const warningOf = (_: unknown, observed: number): string => `it is ${observed}`;
  recordExpectations(record, "export", [{ ...expectation, expected: 2.5 }], warningOf);
  assert.deepEqual(record.warnings, []);
  recordExpectations(record, "export", [{ ...expectation, expected: 2.6 }], warningOf);
  assert.deepEqual(record.warnings, ["it is 2"]);
  assert.deepEqual(
    record.checks.map(({ id, observed, ok }) => [id, observed, ok]),
    [
      ["export.a.total_s", 2, true],
      ["export.a.total_s", 2, false],
    ],
  );
});

test("an expectation about something that was not measured is left out", () => {
  const record = recordOf(1, 2);
  recordExpectations(record, "export", [{ arm: "a", metric: "rows", expected: 1, tolerance: 0 }]);
  assert.deepEqual(record.checks, []);
});

test("a part is too late when it would end after the deadline if it takes as long as those before", () => {
  const clock = { nowMs: () => 100, wallMs: () => 0 };
  const session = { exportName: "orders", clock, signal: new AbortController().signal };
  const isLate = (deadlineMs: number | null, done: number, reserveMs = 0): boolean =>
    isNextTooLate({ session, deadlineMs }, { startMs: 0, done, reserveMs });
  assert.equal(isLate(150, 2), false);
  assert.equal(isLate(149, 2), true);
  assert.equal(isLate(160, 2, 11), true);
  assert.equal(isLate(0, 0), false);
  assert.equal(isLate(null, 2), false);
});

test("a quick run makes one round of a scenario that needs few", () => {
  assert.equal(roundsUpTo(3, { isQuick: true, rounds: 8 }), 1);
  assert.equal(roundsUpTo(3, { isQuick: false, rounds: 8 }), 3);
  assert.equal(roundsUpTo(3, { isQuick: false, rounds: 2 }), 2);
});
