import assert from "node:assert/strict";
import { test } from "node:test";
import { terminalReport } from "../../../bench/report/terminal/terminal.ts";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { benchScaling, slopeShare } from "../../harness/bench.ts";

const skip = !hasProcFiles;

test("memory is called O(1) when streamed, with its slope in bytes a row", { skip }, async () => {
  const run = await benchScaling("streaming", 80_000);
  assert.equal(run.fault, null);
  const share = slopeShare(run, "streaming");
  assert.ok(Math.abs(share) < 0.05, `${share}`);
  const text = terminalReport(run.result, { hasColor: false });
  assert.match(text, /^growth per row +−?[\d.,]+ B$/m);
  assert.match(text, /^memory is +O\(1\)$/m);
});
