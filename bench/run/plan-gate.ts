import { judgeAgainst } from "../gate/baseline/compare-runs.ts";
import { gatedArmsOf, judgeRun } from "../gate/judge/judge-run.ts";
import type { GateQuestion } from "../gate/measure/gate-question.ts";
import { gateSteps, turnsOf } from "../gate/measure/turns.ts";
import type { RunPlan } from "../scenario/scenario.ts";
import { gatingScenario } from "./resolve-gate.ts";
import type { Run } from "./run.ts";

/** How the rounds of a run are judged; null in a run that only informs. */
export function planGate({ settings, hooks, findings }: Run, plan: RunPlan): GateQuestion | null {
  const { against, baseline, budgets } = settings;
  const { sampleMachine } = hooks;
  if (against === null && baseline === null) return null;
  const turns = turnsOf(plan.arms, { budgets, isInterleaved: against !== null });
  const question = { budgets, turns, batchSteps: gateSteps(plan, turns), sampleMachine };
  if (baseline !== null) {
    return { ...question, judge: (rounds, asked) => judgeAgainst(baseline, { ...findings, rounds }, asked) };
  }
  const checksums = new Map(plan.arms.map(({ id, body }) => [id, body.crc32]));
  return {
    ...question,
    judge: (rounds, asked) => judgeRun(gatedArmsOf(gatingScenario, findings.arms, rounds), asked, checksums),
  };
}
