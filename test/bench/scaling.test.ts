import assert from "node:assert/strict";
import { test } from "node:test";
import { terminalReport } from "../../bench/index.ts";
import { canSampleProcesses } from "../../bench/probe/process-tree.ts";
import { benchOwnServer } from "../harness/bench.ts";

const skip = !canSampleProcesses;

test("memory is called O(1) when streamed and O(n) when buffered, with the bytes of a row", { skip }, async () => {
  const config = { scenarios: ["scaling"], deliveries: ["streaming", "buffered"], rows: 1_000_000 };
  const { result, fault } = await benchOwnServer(config);
  assert.equal(fault, null);
  const slope = (delivery: string): number => {
    const observed = result.checks.find(({ id }) => id === `scaling.${delivery}.slope_bytes_per_row`)?.observed;
    return typeof observed === "number" ? observed : Number.NaN;
  };
  assert.ok(Math.abs(slope("streaming")) < 6, `${slope("streaming")}`);
  assert.ok(slope("buffered") > 60 && slope("buffered") < 250, `${slope("buffered")}`);
  const text = terminalReport(result, { hasColor: false });
  assert.match(text, /^more for each row +-?[\d.]+ B +[\d.]+ B$/m);
  assert.match(text, /^so memory is +O\(1\) +O\(n\)$/m);
});

