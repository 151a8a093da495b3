import assert from "node:assert/strict";
import { test } from "node:test";
import { terminalReport, type BenchRun } from "../../bench/index.ts";
import { canSampleProcesses } from "../../bench/probe/process-tree.ts";
import { benchOwnServer } from "../harness/bench.ts";

const skip = !canSampleProcesses;

/** Long rows, so that large bodies are made soon: what memory wavers by is little beside them. */
function scaling(delivery: string, rows: number): Promise<BenchRun> {
  return benchOwnServer({ exportName: "text", scenarios: ["scaling"], deliveries: [delivery], rows });
}

/** The fitted bytes of memory a row takes, as a share of the bytes of a row. */
function slopeShare({ result }: BenchRun, delivery: string): number {
  const observed = result.checks.find(({ id }) => id === `scaling.${delivery}.slope_bytes_per_row`)?.observed;
  assert.ok(typeof observed === "number");
  return observed / ((result.integrity.bytes ?? 0) / (result.integrity.rows ?? 1));
}

test("memory is called O(1) when streamed, with its slope in bytes a row", { skip }, async () => {
  const run = await scaling("streaming", 80_000);
  assert.equal(run.fault, null);
  const share = slopeShare(run, "streaming");
  assert.ok(Math.abs(share) < 0.05, `${share}`);
  const text = terminalReport(run.result, { hasColor: false });
  assert.match(text, /^more for each row +-?[\d.,]+ B$/m);
  assert.match(text, /^so memory is +O\(1\)$/m);
});

test("memory is called O(n) when buffered, with its slope in bytes a row", { skip }, async () => {
  const run = await scaling("buffered", 16_000);
  assert.equal(run.fault, null);
  const share = slopeShare(run, "buffered");
  assert.ok(share > 0.5, `${share}`);
  const text = terminalReport(run.result, { hasColor: false });
  assert.match(text, /^more for each row +[\d.,]+ B$/m);
  assert.match(text, /^so memory is +O\(n\)$/m);
});
