import { judgeAgainst } from "../gate/baseline/compare-runs.ts";
import { relativeOf, type Budget } from "../gate/budget/budget.ts";
import { gatedArmsOf, joinReports, judgeRun, judgeValues, type GateReport } from "../gate/judge/judge-run.ts";
import type { GateQuestion } from "../gate/measure/gate-question.ts";
import { gateSteps, turnsOf } from "../gate/measure/turns.ts";
import type { Round } from "../result/result.ts";
import type { RunPlan } from "../scenario/scenario.ts";
import { gatingScenario } from "./resolve-gate.ts";
import type { Run } from "./run.ts";

/** How the rounds of a run are judged; null in a run that only informs. */
export function planGate(run: Run, plan: RunPlan): GateQuestion | null {
  const { settings, hooks } = run;
  const { against, baseline, budgets } = settings;
  if (against === null && baseline === null && budgets.length === 0) return null;
  const isInterleaved = against !== null;
  const turns = turnsOf(plan.arms, { budgets, isInterleaved });
  const changes = changesOf(run, plan);
  return {
    budgets,
    turns,
    batchSteps: gateSteps(plan, turns),
    sampleMachine: hooks.sampleMachine,
    judge(rounds, asked) {
      // An export that has lost rows breaks a budget of any kind.
      const reports = isInterleaved || baseline !== null ? changes(rounds, asked) : [];
      const hasValues = relativeOf(asked).length < asked.length;
      return joinReports([...reports, ...(hasValues ? [judgeValues(gatingScenario, rounds, asked)] : [])]);
    },
  };
}

type JudgeChanges = (rounds: readonly Round[], asked: readonly Budget[]) => readonly GateReport[];

/** What judges changes: against an earlier run, or against another version in the same rounds. */
function changesOf({ settings, findings }: Run, plan: RunPlan): JudgeChanges {
  const { baseline, integrity } = settings;
  if (baseline !== null) {
    return (rounds, asked) => [
      judgeAgainst(baseline, { ...findings, rounds }, relativeOf(asked), asked.length),
    ];
  }
  const areRows = plan.arms.some(({ target }) => !target.isStreamCsv) && integrity === "rows";
  const checksums = new Map(plan.arms.map(({ id, body }) => [id, body.crc32]));
  return (rounds, asked) => [
    judgeRun(gatedArmsOf(gatingScenario, findings.arms, rounds), asked, { checksums, areRows }),
  ];
}
