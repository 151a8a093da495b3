import assert from "node:assert/strict";
import { test } from "node:test";
import { comparisonText } from "../../../bench/report/comparison-text.ts";
import type { ComparedRow } from "../../../bench/result/comparison-view.ts";

/** A sure change of a metric of one arm from one value to another. */
function changed(metric: string, before: number, after: number): ComparedRow {
  return {
    comparison: {
      scenario: "export",
      metric,
      treatment: "api",
      control: "api",
      ratio: 0.5,
      ci: [0.4, 0.6],
      level: 0.95,
      method: "",
      n: 12,
      mde: null,
      budget: null,
      verdict: "informational",
    },
    arm: "api",
    over: null,
    before,
    after,
    isSure: true,
  };
}

function textOf(...rows: readonly ComparedRow[]): string {
  const names = { before: "old", after: "new" };
  const view = { names, rows, reasons: [], warnings: [], verdict: "informational" };
  return comparisonText(view, { hasColor: false, columns: 120 });
}

test("a comparison of runs shows what is too short to be measured as such, and never more than all", () => {
  const text = textOf(changed("gc_s_per_export", 0.004, 0), changed("ping_kept_ratio", 0.6, 1.3));
  assert.match(text, /^api +garbage collection +4\.00 ms +< 100 µs /m);
  assert.match(text, /^api +short requests kept +60 % +100 % /m);
});
