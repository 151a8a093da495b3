import assert from "node:assert/strict";
import { test } from "node:test";
import { planRun } from "../../../bench/run/plan-run.ts";
import { resolveConfig } from "../../../bench/run/resolve-config.ts";
import type { ScenarioContext } from "../../../bench/scenario/scenario.ts";
import { syncWorkersScenario } from "../../../bench/scenario/sync-workers/sync-workers.ts";
import { seededRandom } from "../../../bench/statistics/random.ts";
import type { Target } from "../../../bench/subject/target.ts";
import { RunRecord } from "../../../bench/session/run-record.ts";
import { systemClock } from "../../../src/ground.ts";

/** Tells by its command how many workers it was asked to have, and never starts: what is tested comes before. */
function neverStarting(command: string): Target {
  return {
    name: "stream-csv",
    command,
    url: null,
    isStreamCsv: true,
    takesRows: true,
    canRunTwice: true,
    withSyncWorkers: (count) => neverStarting(`serve --workers ${count} --worker-model sync`),
    start: () => Promise.reject(new Error("It isn't to be started.")),
  };
}

/** The scenario as it is begun by a run that was asked for so many workers, or not asked. */
async function begin(
  workers: number | undefined,
): Promise<{ readonly record: RunRecord; readonly steps: number }> {
  const target = neverStarting("serve");
  const session = { exportName: "orders", clock: systemClock, signal: new AbortController().signal };
  const body = { rows: 1000, bytes: 110_000, crc32: 0 };
  const config = resolveConfig({ seed: 1, isQuick: true, ...(workers === undefined ? {} : { workers }) });
  const survey = {
    session,
    rows: 1000,
    startedMs: 0,
    facts: new Map([
      [target, { body, exportSeconds: 0.1, rowsPerSecond: 1e6, availableRows: null, promisesRows: true }],
    ]),
    integrity: { bytes: 110_000, rows: 1000, sha256: null, equal: true },
    checks: [],
    faults: [],
    notes: [],
  };
  const plan = planRun(config, [{ target, deliveries: ["file"], control: null }], survey);
  const record = new RunRecord();
  const context: ScenarioContext = {
    session,
    plan,
    random: seededRandom(1),
    record,
    deadlineMs: null,
    step: () => undefined,
    addSteps: () => undefined,
  };
  await assert.rejects(syncWorkersScenario.run(context), /It isn't to be started/);
  return { record, steps: syncWorkersScenario.countSteps(plan) };
}

for (const [workers, count, clients] of [
  [undefined, 2, ["1-client", "2-clients", "3-clients", "4-clients"]],
  [1, 1, ["1-client", "2-clients", "3-clients"]],
  [2, 2, ["1-client", "2-clients", "3-clients", "4-clients"]],
  [5, 5, ["1-client", "3-clients", "5-clients", "6-clients", "7-clients"]],
] as const) {
  const asked = workers === undefined ? "no number of workers is asked for" : `--workers is ${workers}`;
  test(`has ${count} sync workers where ${asked}, and clients from one to two more than those`, async () => {
    const { record, steps } = await begin(workers);
    assert.deepEqual(
      record.arms.map(({ id }) => id),
      clients.map((text) => `file-${text}`),
    );
    const command = `serve --workers ${count} --worker-model sync`;
    assert.deepEqual([...new Set(record.arms.map((arm) => arm.command))], [command]);
    assert.equal(steps, clients.length);
  });
}

test("is left out with a warning when no target has sync workers", async () => {
  const warnings: string[] = [];
  await syncWorkersScenario.run({
    plan: {
      arms: [{ id: "other", role: "treatment", target: { name: "other" } }],
      syncWorkers: 2,
      isQuick: true,
      rounds: 1,
    },
    record: { warn: (sentence: string) => warnings.push(sentence) },
  } as never);
  assert.deepEqual(warnings, ["sync-workers was left out: no target here can have sync workers."]);
});
