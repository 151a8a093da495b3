import assert from "node:assert/strict";
import { test } from "node:test";
import { countersOfMetrics, fallen } from "../../../dev/faults/check/counters.ts";

test("counters and histograms are read from Prometheus' text, gauges are not", () => {
  const text = `# HELP a_total Something.
# TYPE a_total counter
a_total{export="orders, \\"x\\"",state="failed"} 3
# TYPE b_seconds histogram
b_seconds_bucket{le="0.1"} 1
b_seconds_bucket{le="+Inf"} 2
b_seconds_sum 0.5
b_seconds_count 2
# TYPE c gauge
c 7
`;
  assert.deepEqual(
    [...countersOfMetrics(text)],
    [
      ['a_total{export="orders, \\"x\\"",state="failed"}', 3],
      ['b_seconds_bucket{le="0.1"}', 1],
      ['b_seconds_bucket{le="+Inf"}', 2],
      ["b_seconds_sum", 0.5],
      ["b_seconds_count", 2],
    ],
  );
});

test("notices a counter that falls, disappears or isn't a count, and nothing else", () => {
  const before = new Map([
    ["same", 1],
    ["more", 1],
    ["sum", 0.3],
    ["less", 2],
    ["gone", 1],
    ["never used", 0],
  ]);
  const now = new Map([
    ["same", 1],
    ["more", 2],
    ["sum", 0.3 - 1e-9],
    ["less", 1],
    ["new", 1],
    ["negative", -1],
    ["none", Number.NaN],
  ]);
  assert.deepEqual(fallen(before, now), [
    "negative is -1",
    "none is NaN",
    "less was 2 and is 1",
    "gone was 1 and is gone",
  ]);
});
