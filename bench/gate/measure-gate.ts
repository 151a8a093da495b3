import type { Round } from "../result/schema.ts";
import { measureArm } from "../scenario/measure-arm.ts";
import { noteArms } from "../scenario/note-arms.ts";
import { recordRound } from "../scenario/record-round.ts";
import type { ScenarioContext } from "../scenario/scenario.ts";
import { balancedOrders } from "../trial/order.ts";
import { dependsOnReader, type Budget } from "./budget.ts";
import { confirmRegressions, metricsToConfirm } from "./confirm.ts";
import type { GateReport } from "./judge-run.ts";
import { measureTwiceAtMost, roundFault, type MachineSample } from "./round-guard.ts";

const scenario = "export";

/** What a run that gates is held against, and how. */
export interface GateQuestion {
  readonly budgets: readonly Budget[];
  /** What the rounds of one batch say. */
  judge(rounds: readonly Round[]): GateReport;
  /** Asked before and after each round what was taken from the machine. */
  readonly sampleMachine: () => Promise<MachineSample>;
  /** Told that there will be a second batch of so many steps. */
  onSecondBatch(steps: number): void;
}

/**
 * Measures a batch of rounds and judges it. What it calls a regression is measured again in one second, independent
 * batch of as many rounds, and stands only when that shows it too.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when a round couldn't be trusted twice
 */
export async function measureGate(
  context: Omit<ScenarioContext, "deadlineMs">,
  question: GateQuestion,
): Promise<GateReport> {
  const { logbook, plan } = context;
  noteArms(context, scenario, plan.arms);
  const first = question.judge(await measureBatch(context, question));
  if (metricsToConfirm(first).length === 0) return first;
  logbook.warn(
    `The first ${plan.rounds} rounds showed a regression, so ${plan.rounds} more were measured to confirm it; of what was to be confirmed the second ${plan.rounds} are reported.`,
  );
  question.onSecondBatch(gateSteps(plan));
  const second = question.judge(await measureBatch(context, question));
  return confirmRegressions(first, second);
}

/** How often one batch calls `step`, when no round has to be repeated. */
export function gateSteps({ arms, rounds }: Pick<ScenarioContext["plan"], "arms" | "rounds">): number {
  return arms.length * rounds;
}

/** As many rounds as planned, each trusted; none is cut short by the clock, since their number decides the level. */
async function measureBatch(
  context: Omit<ScenarioContext, "deadlineMs">,
  { budgets, sampleMachine }: GateQuestion,
): Promise<readonly Round[]> {
  const { plan, random, logbook } = context;
  const from = logbook.rounds.length;
  const isReaderJudged = budgets.some(dependsOnReader);
  for (const [index, order] of balancedOrders(plan.arms, plan.rounds, random).entries()) {
    const attempt = async (): Promise<string | null> => {
      const before = await sampleMachine();
      return await recordRound(
        context,
        scenario,
        order,
        (arm, server) => {
          context.step(`round ${index + 1} of ${plan.rounds}, ${arm.id}`);
          return measureArm(context, arm, server);
        },
        async (arms) => {
          const busy = Object.values(arms).map((measured) => measured.client_busy_ratio ?? 0);
          const readerBusyRatio = isReaderJudged ? Math.max(...busy) : null;
          return roundFault({ before, after: await sampleMachine(), readerBusyRatio });
        },
      );
    };
    await measureTwiceAtMost(attempt);
  }
  return logbook.rounds.slice(from);
}
