import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runBench, type BenchResult } from "../../../bench/index.ts";
import { terminalReport } from "../../../bench/report/terminal/terminal.ts";
import { assertCheck } from "../../harness/bench.ts";

const cliPath = fileURLToPath(new URL("../../../bin/stream-csv.js", import.meta.url));

async function runScenario(): Promise<BenchResult> {
  const { result, fault } = await runBench(
    { rows: 2000, seed: 1, scenarios: ["sync-workers"], deliveries: ["file"], isQuick: true },
    { cli: [process.execPath, cliPath], tool: { name: "stream-csv", version: "0.0.0" } },
  );
  assert.equal(fault, null);
  return result;
}

test("measures a closed loop of one to four clients at two sync workers, beside what it must give", async () => {
  const result = await runScenario();
  assert.deepEqual(
    result.arms.map(({ id }) => id),
    ["file-1-client", "file-2-clients", "file-3-clients", "file-4-clients"],
  );
  assert.ok(result.arms.every(({ command }) => / --workers 2 --worker-model sync /.test(command ?? "")));
  for (const [index, [use, waiting]] of [
    [0.5, 0],
    [1, 0],
    [1, 1],
    [1, 2],
  ].entries()) {
    const id = result.arms[index]?.id ?? "";
    const check = (metric: string) => result.checks.find((one) => one.id === `sync-workers.${id}.${metric}`);
    for (const [metric, expected] of [
      ["utilisation_ratio", use],
      ["waiting_clients", waiting],
    ] as const) {
      const found = check(metric);
      assert.equal(found?.expected, expected);
      assert.equal(found?.observed, result.rounds[index]?.arms[id]?.[metric]);
      assertCheck(found, 3);
    }
    assert.ok(Number(check("held_s_per_export")?.observed) > 0.3);
  }
  const report = terminalReport(result, { hasColor: false });
  assert.match(report, /Sync workers, asked again and again without a pause/);
  assert.match(report, /file 4 clients +\d+ % \(100 %\) +\d+ % \(100 %\) +[\d.]+ \(2\.0\)/);
});
