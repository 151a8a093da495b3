import type { Round } from "../result/schema.ts";
import { measureArm } from "../scenario/measure-arm.ts";
import { noteArms } from "../scenario/note-arms.ts";
import { recordRound } from "../scenario/record-round.ts";
import type { ScenarioContext } from "../scenario/scenario.ts";
import { prepareServer } from "../trial/measure-export.ts";
import { balancedOrders } from "../trial/order.ts";
import { dependsOnReader, nameOf, type Budget } from "./budget.ts";
import { confirmRegressions, metricsToConfirm } from "./confirm.ts";
import type { GateReport } from "./judge-run.ts";
import { measureTwiceAtMost, roundFault, type MachineSample } from "./round-guard.ts";

const scenario = "export";

/**
 * What an arm sends in one round, in turns with the others. What the other guests of a host do changes the pace of its
 * cores by half, several times a second: the more turns, the more alike is what the arms get of it.
 */
const bytesPerRound = 64 * 1024 ** 2;
/** Nobody waits longer than that for a slow server. */
const secondsPerRound = 2;
const mostTurns = 8;

/** What a run that gates is held against, and how. */
export interface GateQuestion {
  readonly budgets: readonly Budget[];
  /** What the rounds of one batch say of budgets. */
  judge(rounds: readonly Round[], budgets: readonly Budget[]): GateReport;
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
  const first = question.judge(await measureBatch(context, question), question.budgets);
  const doubtful = metricsToConfirm(first);
  if (doubtful.length === 0) return first;
  logbook.warn(
    `The first ${plan.rounds} rounds showed a regression, so ${plan.rounds} more were measured to confirm it; of what was to be confirmed the second ${plan.rounds} are reported.`,
  );
  question.onSecondBatch(gateSteps(plan));
  // Only these are asked of the second batch, and so only these share the chance of a false alarm in it.
  const asked = question.budgets.filter((budget) => doubtful.includes(nameOf(budget)));
  const second = question.judge(await measureBatch(context, question), asked);
  return confirmRegressions(first, second);
}

/** How often one batch calls `step`, when no round has to be repeated. */
export function gateSteps(plan: GatePlan): number {
  return plan.arms.length * plan.rounds * turnsOf(plan);
}

type GatePlan = Pick<ScenarioContext["plan"], "arms" | "rounds" | "exportSeconds">;

/** How many exports an arm gives in a round, by what the slowest and largest of them was found to be. */
export function turnsOf({ arms, exportSeconds }: GatePlan): number {
  const bytes = Math.max(1, ...arms.map(({ body }) => body.bytes));
  const seconds = Math.max(0.001, ...exportSeconds.values());
  const turns = Math.floor(Math.min(bytesPerRound / bytes, secondsPerRound / seconds));
  return Math.min(mostTurns, Math.max(1, turns));
}

/** As many rounds as planned, each trusted; none is cut short by the clock, since their number decides the level. */
async function measureBatch(
  context: Omit<ScenarioContext, "deadlineMs">,
  { budgets, sampleMachine }: GateQuestion,
): Promise<readonly Round[]> {
  const { plan, random, logbook } = context;
  const from = logbook.rounds.length;
  const turns = turnsOf(plan);
  const isReaderJudged = budgets.some(dependsOnReader);
  for (const [index, order] of balancedOrders(plan.arms, plan.rounds, random).entries()) {
    const attempt = async (): Promise<string | null> => {
      const before = await sampleMachine();
      const prepared = new Map<string, { readonly idle: number | null }>();
      return await recordRound(
        context,
        scenario,
        order,
        async (arm, server) => {
          context.step(`round ${index + 1} of ${plan.rounds}, ${arm.id}`);
          const ready = prepared.get(arm.id) ?? {
            idle: await prepareServer({ session: context.session, server, request: arm }),
          };
          prepared.set(arm.id, ready);
          return measureArm(context, arm, server, ready);
        },
        async (arms) => {
          const busy = Object.values(arms).map((measured) => measured.client_busy_ratio ?? 0);
          const readerBusyRatio = isReaderJudged ? Math.max(...busy) : null;
          return roundFault({ before, after: await sampleMachine(), readerBusyRatio });
        },
        turns,
      );
    };
    await measureTwiceAtMost(attempt);
  }
  return logbook.rounds.slice(from);
}
