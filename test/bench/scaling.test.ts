import assert from "node:assert/strict";
import { test } from "node:test";
import { terminalReport } from "../../bench/index.ts";
import { canSampleProcesses } from "../../bench/probe/process-tree.ts";
import { benchOwnServer } from "../harness/bench.ts";

const skip = !canSampleProcesses;

test(
  "memory is called O(1) when streamed and O(n) when buffered, with the bytes of a row",
  { skip },
  async () => {
    // Long rows, so that bodies of hundreds of MB are made soon: what memory wavers by is little beside them.
    const config = {
      exportName: "text",
      scenarios: ["scaling"],
      deliveries: ["streaming", "buffered"],
      rows: 120_000,
    };
    const { result, fault } = await benchOwnServer(config);
    assert.equal(fault, null);
    const slope = (delivery: string): number => {
      const observed = result.checks.find(
        ({ id }) => id === `scaling.${delivery}.slope_bytes_per_row`,
      )?.observed;
      return typeof observed === "number" ? observed : Number.NaN;
    };
    const bytesPerRow = (result.integrity.bytes ?? 0) / (result.integrity.rows ?? 1);
    assert.ok(Math.abs(slope("streaming")) < 0.05 * bytesPerRow, `${slope("streaming")}`);
    assert.ok(slope("buffered") > 0.5 * bytesPerRow, `${slope("buffered")}`);
    const text = terminalReport(result, { hasColor: false });
    assert.match(text, /^more for each row +-?[\d.]+ B +[\d,.]+ B$/m);
    assert.match(text, /^so memory is +O\(1\) +O\(n\)$/m);
  },
);
