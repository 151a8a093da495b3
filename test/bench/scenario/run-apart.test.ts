import assert from "node:assert/strict";
import { test } from "node:test";
import { runApart } from "../../../bench/scenario/run-apart.ts";
import type { ScenarioContext } from "../../../bench/scenario/scenario.ts";
import { requireSameBody } from "../../../bench/session/measure/require-same-body.ts";
import { RunRecord } from "../../../bench/session/run-record.ts";
import type { ExportReading } from "../../../bench/load/read-export.ts";
import { seededRandom } from "../../../bench/statistics/random.ts";
import { StreamCsvError } from "../../../src/index.ts";
import { systemClock } from "../../../src/ground.ts";

function contextOf(signal = new AbortController().signal): ScenarioContext {
  return {
    session: { exportName: "orders", clock: systemClock, signal },
    plan: { arms: [] } as unknown as ScenarioContext["plan"],
    random: seededRandom(1),
    record: new RunRecord(),
    deadlineMs: null,
    step: () => undefined,
    addSteps: () => undefined,
  };
}

/** A scenario that fails at once. */
function failing(fault: unknown, isEssential = false) {
  return { name: "slow-readers", isEssential, run: () => Promise.reject(fault) };
}

const stalled = new StreamCsvError("SCSV_MEASUREMENT_INVALID", "api: nothing came for 60000 ms.");

test("a scenario that fails is invalid from then on, and a warning names it and the arm", async () => {
  const context = contextOf();
  for (const code of ["SCSV_MEASUREMENT_INVALID", "SCSV_TARGET_NOT_READY"] as const) {
    const fault = new StreamCsvError(code, "api: it ended.");
    assert.equal(await runApart(failing(fault), context), fault);
  }
  assert.deepEqual(context.record.warnings, [
    "slow-readers is invalid from here on, the other scenarios aren't: api: it ended.",
  ]);
  const good = { name: "mixed", isEssential: false, run: () => Promise.resolve() };
  assert.equal(await runApart(good, context), null);
});

test("an error that ended a round is the reason of that round, and isn't repeated in the warning", async () => {
  const context = contextOf();
  const round = { scenario: "slow-readers", index: 0, order: [], valid: false, arms: {} };
  context.record.rounds.push({ ...round, reason: stalled.message });
  await runApart(failing(stalled), context);
  assert.deepEqual(context.record.warnings, [
    "slow-readers is invalid from here on, the other scenarios aren't.",
  ]);
});

test("the run ends where it can't do without the scenario, was interrupted, or has a fault of its own", async () => {
  await assert.rejects(runApart(failing(stalled, true), contextOf()), stalled);
  await assert.rejects(runApart(failing(stalled), contextOf(AbortSignal.abort())), stalled);
  await assert.rejects(runApart(failing(new TypeError("mine")), contextOf()), /mine/);
});

test("a body with other bytes than the checked one ends the run, also when words are added to it", async () => {
  const reading = { bodyBytes: 9, crc32: 1 } as ExportReading;
  let fault: unknown;
  try {
    requireSameBody("api", reading, { bytes: 10, crc32: 1 });
  } catch (thrown) {
    fault = new StreamCsvError("SCSV_MEASUREMENT_INVALID", `${String(thrown)} out of rows`, {
      cause: thrown,
    });
  }
  await assert.rejects(
    runApart(failing(fault), contextOf()),
    /9 bytes in a timed round, and 10.*out of rows/,
  );
});
