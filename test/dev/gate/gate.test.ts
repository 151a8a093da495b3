import assert from "node:assert/strict";
import { test } from "node:test";
import { costOf, factsOf } from "../../../dev/gate/facts.ts";
import { firstByteFault } from "../../../dev/gate/first-byte.ts";
import type { BenchResult } from "../../../bench/result/result.ts";
import { simulateResult } from "../../bench/gate/results.ts";

test("the first row of a stream is sent before the second exists", async () => {
  assert.equal(await firstByteFault(), null);
});

const slope = "scaling.streaming.slope_bytes_per_row";
const rise = "scaling.streaming.peak_rise_bytes";

function factual(change: Partial<BenchResult> = {}, isFlat = true): BenchResult {
  const checks = [
    { id: slope, expected: 0, observed: isFlat ? 0.1 : 90, tolerance: null, ok: isFlat },
    { id: rise, expected: 0, observed: 1, tolerance: 8, ok: true },
    { id: "scaling.buffered.slope_bytes_per_row", expected: 110, observed: 3, tolerance: null, ok: false },
  ];
  const result = simulateResult({ seed: 1 });
  return { ...result, checks, integrity: { ...result.integrity, equal: true }, complete: true, ...change };
}

test("facts hold on any machine: equal bytes and flat memory; other checks are not facts", () => {
  assert.equal(factsOf(factual()).isBad, false);
});

const broken: readonly (readonly [string, BenchResult, RegExp])[] = [
  [
    "memory that grows with the rows",
    factual({}, false),
    /scaling\.streaming\.slope_bytes_per_row is 90, and should be 0/,
  ],
  [
    "deliveries that differ",
    factual({ integrity: { bytes: null, rows: null, sha256: null, equal: false } }),
    /didn't give the same bytes/,
  ],
  ["a slope that wasn't measured", factual({ checks: [] }), /There is no scaling\.streaming\.slope/],
  ["a run that ended early", factual({ complete: false }), /ended early/],
];
for (const [name, result, reason] of broken) {
  test(`${name} breaks the facts`, () => {
    const { isBad, sentences } = factsOf(result);
    assert.equal(isBad, true);
    assert.match(sentences.join("\n"), reason);
  });
}

const cpu = {
  scenario: "export",
  metric: "cpu_s_per_mib",
  treatment: "streaming",
  control: "streaming-control",
  ratio: 1.2,
  ci: [1.1, 1.3] as [number, number],
  level: 0.96,
  method: "test",
  n: 8,
  mde: 0.05,
  budget: 0.05,
};
const bytes = { ...cpu, metric: "body_bytes", level: null, budget: 0 };

test("a more expensive version is bad; other bytes, noise and an unbuildable commit are only reported", () => {
  const of = (change: Partial<BenchResult>): boolean => costOf(factual(change)).isBad;
  assert.equal(of({ verdict: "regression", comparisons: [{ ...cpu, verdict: "regression" }] }), true);
  assert.equal(of({ verdict: "regression", comparisons: [{ ...bytes, verdict: "regression" }] }), false);
  assert.equal(of({ verdict: "inconclusive", comparisons: [{ ...cpu, verdict: "inconclusive" }] }), false);
  assert.equal(of({ verdict: "invalid", exitCode: 1, complete: false, rounds: [] }), false);
  const { sentences } = costOf(factual({ verdict: "inconclusive", comparisons: [] }));
  assert.match(sentences.join("\n"), /is inconclusive/);
});

test("a run that failed in its rounds is bad, unless it was interrupted or other programs used the machine", () => {
  const of = (change: Partial<BenchResult>): boolean =>
    costOf(factual({ verdict: "invalid", complete: false, ...change })).isBad;
  const machine =
    "A round could not be trusted, nor could its repetition: 26 % of the CPU time went to other guests.";
  const died = "Reading http://127.0.0.1/ failed: the connection ended.";
  assert.equal(of({ exitCode: 4, warnings: [died] }), true);
  assert.equal(of({ exitCode: 4, warnings: [machine] }), false);
  assert.equal(of({ exitCode: 130, verdict: "informational" }), false);
});
