import assert from "node:assert/strict";
import { test } from "node:test";
import { scalingScenario } from "../../../bench/scenario/scaling/scaling.ts";
import type { ScenarioContext } from "../../../bench/scenario/scenario.ts";
import { RunRecord } from "../../../bench/session/run-record.ts";
import { seededRandom } from "../../../bench/statistics/random.ts";
import { systemClock } from "../../../src/ground.ts";

test("leaves out a target with one size of exports, with a note, also when no time is left", async () => {
  const record = new RunRecord();
  const arms = [{ id: "api", role: "treatment", delivery: "api", target: { takesRows: false } }];
  await scalingScenario.run({
    session: { exportName: "", clock: systemClock, signal: new AbortController().signal },
    plan: { arms } as unknown as ScenarioContext["plan"],
    random: seededRandom(1),
    record,
    deadlineMs: systemClock.nowMs() - 1,
    step: () => undefined,
    addSteps: () => undefined,
  });
  assert.deepEqual(record.warnings, [
    "scaling was left out for api: without {rows} in its address or its command all its exports have one size.",
  ]);
  assert.deepEqual(record.rounds, []);
});
