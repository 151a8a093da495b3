import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBudget } from "../../../bench/gate/budget/budget.ts";
import { gateSteps, turnsOf } from "../../../bench/gate/measure/turns.ts";

const cpu = parseBudget("streaming.cpu_s_per_mib=5%");
const memory = parseBudget("streaming.peak_rss_over_idle_bytes=10%");
const time = parseBudget("streaming.total_s=20%");

function armsOf(bytes: number, exportSeconds: number): Parameters<typeof turnsOf>[0] {
  return [{ body: { rows: 1, bytes, crc32: 0 }, exportSeconds }];
}

test("a round has as many exports as make 64 MiB, but at most 32, and only as many as take two seconds", () => {
  const mib = 1024 ** 2;
  const turns = (bytes: number, seconds: number): number =>
    turnsOf(armsOf(bytes, seconds), { budgets: [cpu], isInterleaved: true }).duet;
  assert.equal(turns(10 * mib, 0.1), 6);
  assert.equal(turns(100 * mib, 1), 1);
  assert.equal(turns(10 * mib, 0.9), 2);
  assert.equal(turns(10 * mib, 60), 1);
  assert.equal(turns(100, 0.001), 32);
});

test("takes many exports for what is judged, at the same time for CPU and alone for times, and else one alone", () => {
  const arms = armsOf(10 * 1024 ** 2, 0.1);
  const cases = [
    [{ budgets: [cpu, memory], isInterleaved: true }, { alone: 1, duet: 6 }, 16],
    [{ budgets: [memory], isInterleaved: true }, { alone: 1, duet: 0 }, 8],
    [{ budgets: [time], isInterleaved: true }, { alone: 6, duet: 0 }, 48],
    [{ budgets: [cpu, time], isInterleaved: true }, { alone: 6, duet: 6 }, 56],
    [{ budgets: [cpu, time], isInterleaved: false }, { alone: 1, duet: 0 }, 8],
  ] as const;
  for (const [question, turns, steps] of cases) {
    assert.deepEqual(turnsOf(arms, question), turns);
    assert.equal(gateSteps({ arms: [{ subject: "api" }], rounds: 8 }, turnsOf(arms, question)), steps);
  }
});

test("counts a step for each group of versions that work at the same time", () => {
  const versions = (count: number) =>
    Array.from({ length: 3 * count }, (_, index) => ({ subject: `api${index % count}` }));
  const turns = { alone: 1, duet: 4 };
  assert.equal(gateSteps({ arms: versions(1), rounds: 1 }, turns), 4);
  assert.equal(gateSteps({ arms: versions(5), rounds: 2 }, turns), 2 * (15 + 5));
});
