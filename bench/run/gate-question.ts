import { judgeAgainst } from "../gate/baseline/compare-runs.ts";
import { gatedArmsOf, judgeRun } from "../gate/judge/judge-run.ts";
import type { GateQuestion } from "../gate/measure/measure-gate.ts";
import { turnsOf } from "../gate/measure/turns.ts";
import type { RunPlan } from "../scenario/scenario.ts";
import { gatingScenario } from "./resolve-gate.ts";
import type { Run } from "./run.ts";

/** How the rounds of a run are judged; null in a run that only informs. */
export function gateQuestion({ settings, hooks, findings }: Run, { arms }: RunPlan): GateQuestion | null {
  const { against, baseline, budgets } = settings;
  const { sampleMachine } = hooks;
  if (against !== null) {
    const checksums = new Map(arms.map(({ id, body }) => [id, body.crc32]));
    return {
      budgets,
      turns: turnsOf(arms, { budgets, isInterleaved: true }),
      sampleMachine,
      judge: (rounds, asked) =>
        judgeRun(gatedArmsOf(gatingScenario, findings.arms, rounds), asked, checksums),
    };
  }
  if (baseline === null) return null;
  return {
    budgets,
    turns: turnsOf(arms, { budgets, isInterleaved: false }),
    sampleMachine,
    judge: (rounds, asked) => judgeAgainst(baseline, { ...findings, rounds }, asked),
  };
}
