import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "valibot";
import { resultSchema } from "../../../bench/result/schema.ts";
import { runBench, type BenchConfig, type BenchHooks, type BenchRun } from "../../../bench/index.ts";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { processTree } from "../../../bench/probe/process-tree.ts";
import { seededRandom } from "../../../bench/statistics/random.ts";
import { balancedOrders } from "../../../bench/session/balanced-orders.ts";
import { endOnSignal } from "../../harness/children.ts";
import { cliPath, runCli } from "../../harness/cli.ts";

const program = fileURLToPath(new URL("../../../fixtures/programs/faulty-server.js", import.meta.url));
const small: BenchConfig = { rows: 3000, rounds: 2, seed: 1, scenarios: ["export"], isQuick: true };

// Servers that a run starts in this process are ended when it exits.
endOnSignal();

/** A run against the fixture server, small enough for a test; it leaves no process behind, whatever happens. */
async function run(
  fault: string,
  config: Partial<BenchConfig> = {},
  hooks: Partial<BenchHooks> = {},
): Promise<BenchRun> {
  const outcome = await runBench(
    { ...small, ...config },
    {
      cli: [process.execPath, program, "--fault", fault],
      tool: { name: "stream-csv", version: "0.0.0" },
      ...hooks,
    },
  );
  if (hasProcFiles) assert.deepEqual(await processTree(process.pid), [process.pid]);
  assert.deepEqual(parse(resultSchema, JSON.parse(JSON.stringify(outcome.result))), outcome.result);
  return outcome;
}

test("a run holds every arm in every round, what it compared and what it checked", async () => {
  const labels: string[] = [];
  // Enough rows for a CPU time well above the ticks of 10 ms it may fall back to.
  const config = { rows: 60_000 };
  const { result, fault } = await run("", config, { onProgress: ({ label }) => labels.push(label) });
  assert.equal(fault, null);
  assert.equal(result.complete, true);
  assert.equal(result.verdict, "informational");
  assert.equal(result.exitCode, 0);
  assert.equal(result.integrity.equal, true);
  assert.equal(result.integrity.rows, 60_000);
  assert.deepEqual(
    result.arms.map(({ id, role }) => `${id} ${role}`),
    ["streaming treatment", "buffered control", "file treatment", "buffered-again aa"],
  );
  const [first, second, shortRequests] = result.rounds;
  const orders = balancedOrders(
    result.arms.map(({ id }) => id),
    2,
    seededRandom(1),
  );
  assert.deepEqual([first?.order, second?.order], orders);
  for (const round of [first, second]) {
    assert.equal(round?.valid, true);
    assert.deepEqual(Object.keys(round?.arms ?? {}).toSorted(), [
      "buffered",
      "buffered-again",
      "file",
      "streaming",
    ]);
    for (const metric of ["first_byte_s", "total_s", "held_s_per_export", "cpu_s_per_export"]) {
      if (hasProcFiles) assert.ok((round?.arms["streaming"]?.[metric] ?? -1) > 0, metric);
    }
  }
  assert.ok((shortRequests?.arms["file"]?.["ping_per_s_idle"] ?? 0) > 0);
  const total = result.comparisons.find(
    (item) => item.metric === "total_s" && item.treatment === "streaming",
  );
  assert.equal(total?.control, "buffered");
  assert.equal(total?.n, 2);
  assert.equal(labels.filter((label) => label.startsWith("round")).length, 8);
});

test("memory against rows is measured at every size that fits", { skip: !hasProcFiles }, async () => {
  const { result, fault } = await run("", {
    rows: 400_000,
    scenarios: ["scaling"],
    deliveries: ["streaming", "buffered"],
  });
  assert.equal(fault, null);
  const [round] = result.rounds;
  assert.equal(round?.scenario, "scaling");
  assert.ok((round?.arms["streaming-50000"]?.["peak_rss_over_idle_bytes"] ?? -1) >= 0);
  const slope = result.checks.find(({ id }) => id === "scaling.buffered.slope_bytes_per_row");
  assert.equal(slope?.ok, true);
});

test("an export that ends early at a size that is measured only once is invalid", async () => {
  const { result, fault } = await run("short-size", {
    rows: 400_000,
    scenarios: ["scaling"],
    deliveries: ["streaming"],
  });
  assert.equal(result.exitCode, 4);
  assert.match(String(fault?.message), /streaming gave 60000 rows where 100000 were asked for/);
});

test("memory of a target is measured up to the rows that it has", { skip: !hasProcFiles }, async () => {
  const command = `PORT={port} exec '${process.execPath}' '${program}' --fault few-rows`;
  const { result, fault } = await runBench(
    {
      seed: 1,
      // Not --quick, which leaves out what a busy machine would take too long for.
      rounds: 2,
      scenarios: ["scaling"],
      targets: [`api=${command} @ http://127.0.0.1:{port}/any.csv?rows={rows}`],
    },
    { cli: ["/nowhere"], tool: { name: "stream-csv", version: "0.0.0" } },
  );
  assert.equal(fault, null);
  assert.deepEqual(Object.keys(result.rounds[0]?.arms ?? {}).toSorted(), [
    "api-100000",
    "api-1000000",
    "api-1100000",
  ]);
  const warnings = result.warnings.filter((warning) => warning.includes("no more"));
  assert.deepEqual(warnings, ["Memory of api was measured up to 1,100,000 rows: there are no more."]);
});

test("slow readers keep their rate, hold a slot each and are let go", async () => {
  const { result, fault } = await run("", { scenarios: ["slow-readers"], deliveries: ["streaming"] });
  assert.equal(fault, null);
  const measured = result.rounds[0]?.arms["streaming"] ?? {};
  for (const metric of ["ping_p50_s", "ping_p99_idle_s", "read_rate_bytes_per_s"]) {
    assert.ok((measured[metric] ?? 0) > 0, metric);
  }
  if (hasProcFiles) assert.ok((measured["kernel_bytes_per_export"] ?? 0) > 0);
  assert.ok(result.checks.some(({ id }) => id === "slow-readers.streaming.slots_held"));
});

test("the slot of a client that leaves is free soon, or the run is invalid", async () => {
  const { result, fault } = await run("", { scenarios: ["leave"], deliveries: ["streaming"] });
  assert.equal(fault, null);
  assert.ok((result.rounds[0]?.arms["streaming"]?.["release_s"] ?? -1) > 0);
  assert.ok((result.rounds[0]?.arms["streaming"]?.["release_early_s"] ?? -1) > 0);
});

const wrong: readonly (readonly [string, RegExp])[] = [
  ["drop-row:buffered", /integrity\.buffered\.rows is 2999, and should be 3000/],
  ["swap-rows:file", /integrity\.file\.sha256 is/],
  ["truncate:streaming", /integrity\.streaming\.rows is 2700, and should be 3000/],
  ["drop-row", /integrity\.streaming\.rows is 2999, and should be 3000/],
  ["long-length:buffered", /missing: 10 of the/],
  ["short-length:file", /more bytes than it announced/],
  ["cut:streaming", /missing:/],
  ["refuse:buffered", /The export of buffered answered 413 instead of 200, saying: .*SCSV_BUFFER_MEMORY/],
];
for (const [kind, reason] of wrong) {
  test(`a server with the fault ${kind} makes the run invalid, and nothing is timed`, async () => {
    const { result, fault } = await run(kind);
    assert.equal(result.verdict, "invalid");
    assert.equal(result.exitCode, 4);
    assert.equal(result.complete, false);
    assert.deepEqual(result.rounds, []);
    assert.match(fault?.message ?? "", reason);
    assert.equal(result.warnings.at(-1), fault?.message);
  });
}

test("a fault that shows only in a timed round makes the round and the run invalid", async () => {
  const { result, fault } = await run("drop-row:buffered:2");
  assert.equal(result.exitCode, 4);
  assert.equal(result.integrity.equal, true);
  assert.match(
    fault?.message ?? "",
    /The buffered delivery \(buffered(-again)?\) gave \d+ bytes in a timed round, and \d+ when it was checked/,
  );
  assert.equal(result.rounds.at(-1)?.valid, false);
  assert.match(result.rounds.at(-1)?.reason ?? "", /in a timed round/);
});

test("a server that does not start is an error of the tool, not of the measurement", async () => {
  const { result, fault } = await run("exit-early");
  assert.equal(result.exitCode, 1);
  assert.match(fault?.message ?? "", /the licence of this fixture has expired/);
});

test("an unknown export lists those there are", async () => {
  const { result, fault } = await run("", { exportName: "invoices" });
  assert.equal(result.exitCode, 1);
  assert.match(fault?.message ?? "", /There is no export "invoices"; there are: orders\./);
});

test("an interrupted run keeps what it has, and says that it is incomplete", async () => {
  const stop = new AbortController();
  const { result } = await run(
    "",
    { rounds: 50 },
    {
      signal: stop.signal,
      onProgress({ label }) {
        if (label.startsWith("round 2 of 50")) setTimeout(() => stop.abort(new Error("enough")), 100);
      },
    },
  );
  assert.equal(result.complete, false);
  assert.equal(result.exitCode, 130);
  assert.equal(result.rounds[0]?.valid, true);
  const last = result.rounds.at(-1);
  assert.equal(last?.valid, false);
  assert.equal(last?.reason, "interrupted");
  assert.match(result.warnings.at(-1) ?? "", /interrupted/);
});

test("a job is submitted, waited for and downloaded, with what each part takes", async () => {
  const cli = [process.execPath, cliPath] as const;
  const config = { deliveries: ["job"], rows: 5000, rounds: 1, configuration: "none" };
  // Its bytes are compared with the same export made without a server.
  const { stdout } = await runCli(["export", "orders", "--rows", "5000"]);
  const makeReference = () => Promise.resolve(createHash("sha256").update(stdout).digest("hex"));
  const { result, fault } = await run("", config, { cli, makeReference });
  assert.equal(fault, null);
  assert.equal(result.integrity.equal, true);
  const valueOf = (metric: string): number => result.rounds[0]?.arms["job"]?.[metric] ?? Number.NaN;
  const parts = ["submit_s", "wait_s", "download_s"].map(valueOf);
  for (const part of parts) assert.ok(part > 0);
  assert.ok(Math.abs(parts.reduce((sum, part) => sum + part) - valueOf("total_s")) < 1e-6);
  // Only the download of a file takes a slot.
  assert.equal(valueOf("making_held_s"), 0);
  assert.ok(valueOf("download_held_s") > 0);
});

const refused: readonly (readonly [Partial<BenchConfig>, RegExp])[] = [
  [
    { scenarios: ["exprot"] },
    /"exprot" is not a scenario; there are: export, scaling, slow-readers, leave, mixed, sync-workers, capacity\./,
  ],
  [{ deliveries: ["pigeon"] }, /"pigeon" is not a delivery; there are: streaming, buffered, file, job\./],
  [{ deliveries: ["job"], budgets: ["job.total_s<=1s"] }, /measures a job, which is made only once/],
  [{ deliveries: [] }, /No delivery is named/],
  [{ rows: 0 }, /rows is 0, and must be a whole number from 1/],
  [{ rounds: 1.5 }, /rounds is 1\.5, and must be a whole number/],
  [{ seed: -1 }, /seed is -1/],
];
for (const [config, reason] of refused) {
  test(`refuses the configuration ${JSON.stringify(config)} before anything is started`, async () => {
    await assert.rejects(run("", config), { name: "RangeError", message: reason });
  });
}
