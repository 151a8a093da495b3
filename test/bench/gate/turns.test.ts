import assert from "node:assert/strict";
import { test } from "node:test";
import { gateSteps, turnsOf } from "../../../bench/gate/measure-gate.ts";
import type { Plan } from "../../../bench/scenario/scenario.ts";

function planOf(bytes: number, seconds: number): Pick<Plan, "arms" | "rounds" | "exportSeconds"> {
  const arms = [{ body: { rows: 1, bytes, crc32: 0 } }] as unknown as Plan["arms"];
  return { arms, rounds: 8, exportSeconds: new Map([["here", seconds]]) };
}

test("a round has as many turns as make 64 MiB, but no more than take two seconds or would be many", () => {
  const mib = 1024 ** 2;
  assert.equal(turnsOf(planOf(10 * mib, 0.1)), 6);
  assert.equal(turnsOf(planOf(100 * mib, 1)), 1);
  assert.equal(turnsOf(planOf(10 * mib, 0.9)), 2);
  assert.equal(turnsOf(planOf(10 * mib, 60)), 1);
  assert.equal(turnsOf(planOf(100, 0.001)), 8);
  assert.equal(gateSteps(planOf(10 * mib, 0.1)), 48);
});
