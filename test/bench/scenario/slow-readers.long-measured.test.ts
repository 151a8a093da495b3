import assert from "node:assert/strict";
import { test } from "node:test";
import { terminalReport } from "../../../bench/report/terminal/terminal.ts";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { inOneOfThree } from "../../harness/attempts.ts";
import { assertCheck, benchOwnServer } from "../../harness/bench.ts";

const skip = !hasProcFiles;
const [readers, readBytesPerSecond] = [100, 20_000];

test(
  "a hundred readers at 20 kB/s keep their rate, and the bytes in the kernel are reported",
  { skip },
  async () => {
    const config = { scenarios: ["slow-readers"], deliveries: ["streaming"], rows: 20_000 };
    const { result, fault } = await benchOwnServer({ ...config, readers, readBytesPerSecond });
    assert.equal(fault, null);
    const measured = result.rounds[0]?.arms["streaming"] ?? {};
    // On a busy machine readers may come late at an edge of the two seconds that are watched.
    const tolerances = {
      read_rate_bytes_per_s: 0.05,
      read_rate_least_bytes_per_s: 0.25,
      read_rate_most_bytes_per_s: 0.25,
    };
    for (const [metric, tolerance] of Object.entries(tolerances)) {
      const rate = measured[metric] ?? 0;
      assert.ok(Math.abs(rate / readBytesPerSecond - 1) < tolerance, `${metric}: ${rate}`);
    }
    const held = result.checks.find(({ id }) => id === "slow-readers.streaming.slots_held");
    assert.equal(held?.expected, readers);
    assert.equal(held?.ok, true);
    assert.ok((measured["kernel_bytes_per_export"] ?? 0) > 64 * 1024);
    assert.match(terminalReport(result, { hasColor: false }), /^in socket buffers +\d/m);
  },
);

test("a slowly read export holds its slot for as long as analysis says", { skip }, async () => {
  const config = { scenarios: ["slow-readers"], deliveries: ["streaming", "buffered"], rows: 20_000 };
  await inOneOfThree(async () => {
    const { result, fault } = await benchOwnServer({ ...config, readers: 1 });
    assert.equal(fault, null);
    for (const delivery of config.deliveries) {
      const check = result.checks.find(({ id }) => id === `slow-readers.${delivery}.slow_held_s_per_export`);
      assertCheck(check, 2);
    }
    const report = terminalReport(result, { hasColor: false });
    assert.match(report, /^slot held, whole export .*\n… by analysis +\d/m);
  });
});
