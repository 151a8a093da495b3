import assert from "node:assert/strict";
import { test } from "node:test";
import { baselineFormat, baselineOf, parseBaseline } from "../../../bench/gate/baseline/baseline.ts";
import { StreamCsvError } from "../../../src/index.ts";
import { simulateResult } from "./results.ts";
import { arms, simulateRounds } from "./rounds.ts";

test("a baseline keeps raw values and ratios to the buffered control, and reads back as it was", () => {
  const baseline = baselineOf(simulateResult({ seed: 1 }));
  assert.equal(baseline.schema, baselineFormat);
  assert.deepEqual(baseline.export, { name: "orders", rows: 500, bytes: 50_000, sha256: "feed" });
  const plain = baseline.series.find(
    ({ arm, metric, over }) => arm === "streaming" && metric === "total_s" && over === null,
  );
  const ratio = baseline.series.find(
    ({ arm, metric, over }) => arm === "streaming" && metric === "total_s" && over === "buffered",
  );
  assert.equal(plain?.values.length, 12);
  assert.equal(ratio?.values.length, 12);
  assert.ok(!baseline.series.some(({ arm }) => arm === "buffered-again"));
  assert.ok(
    !baseline.series.some(({ metric, over }) => metric === "peak_rss_over_idle_bytes" && over !== null),
  );
  assert.deepEqual(parseBaseline(JSON.stringify(baseline), "f"), JSON.parse(JSON.stringify(baseline)));
});

test("a whole result file is a baseline too", () => {
  const result = simulateResult({ seed: 1 });
  assert.deepEqual(parseBaseline(JSON.stringify(result), "f"), baselineOf(result));
});

test("fields that a later version has written are ignored", () => {
  const { series, tool, ...rest } = baselineOf(simulateResult({ seed: 1 }));
  const later = {
    ...rest,
    added: 1,
    tool: { ...tool, added: 1 },
    export: { ...rest.export, added: 1 },
    series: series.map((values) => Object.assign(structuredClone(values), { added: 1 })),
  };
  assert.deepEqual(parseBaseline(JSON.stringify(later), "f"), baselineOf(simulateResult({ seed: 1 })));
});

test("a baseline leaves out CPU time and memory that two versions needed while both were running", () => {
  const kept = baselineOf({
    ...simulateResult({ seed: 1 }),
    arms,
    rounds: simulateRounds({ count: 8, seed: 1 }),
  });
  assert.deepEqual(
    kept.series.filter(({ arm }) => arm === "streaming").map(({ metric }) => metric),
    ["rows", "body_bytes"],
  );
});

test("a baseline leaves out rounds that do not count", () => {
  const result = simulateResult({ seed: 1, rounds: 3 });
  const [first, ...rest] = result.rounds;
  assert.ok(first !== undefined);
  const baseline = baselineOf({
    ...result,
    rounds: [{ ...first, valid: false, reason: "interrupted" }, ...rest],
  });
  assert.ok(baseline.series.every(({ values }) => values.length === 2));
});

test("a run that was cut short or can't be trusted is not a baseline", () => {
  for (const [run, reason] of [
    [{ seed: 1, complete: false }, /was not measured to its end/],
    [{ seed: 1, verdict: "invalid" }, /can't be trusted/],
  ] as const) {
    assert.throws(
      () => baselineOf(simulateResult(run)),
      (error) => error instanceof StreamCsvError && reason.test(error.message),
    );
  }
});

const unreadable: readonly (readonly [string, string, RegExp])[] = [
  ["no JSON", "{", /"old\.json" is not JSON/],
  ["another format", '{"schema":"other.v1"}', /"old\.json" is not a stream-csv\.baseline\.v1 at schema/],
  ["no object", "[]", /"old\.json" is not a stream-csv\.baseline\.v1/],
  [
    "a number that isn't one",
    JSON.stringify({ ...baselineOf(simulateResult({ seed: 1 })), series: [{ values: ["x"] }] }),
    /at series\.0\./,
  ],
];
for (const [name, text, reason] of unreadable) {
  test(`${name} is refused, with the file and the place`, () => {
    assert.throws(
      () => parseBaseline(text, "old.json"),
      (error) =>
        error instanceof StreamCsvError && error.code === "SCSV_BAD_RESULT" && reason.test(error.message),
    );
  });
}
