import type { Round } from "../../result/result.ts";
import { exportScenario } from "../../scenario/export/export.ts";
import { noteArms } from "../../scenario/note-arms.ts";
import type { Scenario, ScenarioContext } from "../../scenario/scenario.ts";
import { balancedOrders } from "../../session/balanced-orders.ts";
import { nameOf } from "../budget/budget.ts";
import { confirmRegressions, metricsToConfirm } from "../judge/confirm-regressions.ts";
import type { GateReport } from "../judge/judge-run.ts";
import type { GateQuestion } from "./gate-question.ts";
import { GateRound } from "./gate-round.ts";
import { measureTwiceAtMost } from "./round-guard.ts";

/**
 * The scenario `export` of a run that gates: rounds of more exports each, judged at the end.
 * @param onReport called with what the rounds say, once they are measured
 */
export function gatedExport(question: GateQuestion, onReport: (report: GateReport) => void): Scenario {
  return {
    ...exportScenario,
    countSteps: () => question.batchSteps,
    run: async (context) => onReport(await measureGate(context, question)),
  };
}

/**
 * Measures a batch of rounds and judges it. What looks like a regression is measured again in one second, independent
 * batch of as many rounds, and is reported as one only when that batch shows it too.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when a round could not be trusted twice
 */
async function measureGate(context: ScenarioContext, question: GateQuestion): Promise<GateReport> {
  const { record, plan } = context;
  noteArms(context, exportScenario.name, plan.arms);
  const first = question.judge(await measureBatch(context, question), question.budgets);
  const doubtful = metricsToConfirm(first);
  if (doubtful.length === 0) return first;
  record.warn(
    `The first ${plan.rounds} rounds showed a regression, so ${plan.rounds} more were measured to confirm it; for the metrics to be confirmed the second ${plan.rounds} are reported.`,
  );
  context.addSteps(question.batchSteps);
  // Only these are asked of the second batch, so only these share the chance of a false alarm in it.
  const asked = question.budgets.filter((budget) => doubtful.includes(nameOf(budget)));
  const second = question.judge(await measureBatch(context, question), asked);
  return confirmRegressions(first, second);
}

/**
 * Measures as many rounds as planned, and requires each to be trusted. The clock ends none early, because their number
 * decides the level.
 */
async function measureBatch(context: ScenarioContext, question: GateQuestion): Promise<readonly Round[]> {
  const { plan, random, record } = context;
  const from = record.rounds.length;
  for (const [index, order] of balancedOrders(plan.arms, plan.rounds, random).entries()) {
    const label = `round ${index + 1} of ${plan.rounds}`;
    await measureTwiceAtMost(() => new GateRound(context, question, label).measure(order));
  }
  return record.rounds.slice(from);
}
