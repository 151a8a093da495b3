import type { Measured } from "../../result/metric.ts";
import type { Round } from "../../result/schema.ts";
import { measureArm } from "../../scenario/measure-arm.ts";
import { noteArms } from "../../scenario/note-arms.ts";
import { recordRound } from "../../scenario/record-round.ts";
import type { ScenarioContext } from "../../scenario/scenario.ts";
import type { PlannedArm } from "../../session/arm.ts";
import { measureDuet, type DuetOptions } from "../../session/measure/measure-duet.ts";
import { prepareServer } from "../../session/measure/measure-export.ts";
import { balancedOrders } from "../../session/balanced-orders.ts";
import type { Started } from "../../session/server/with-servers.ts";
import { dependsOnReader, isOfMemory, isOfProcessors, nameOf, type Budget } from "../budget/budget.ts";
import { confirmRegressions, metricsToConfirm } from "../judge/confirm-regressions.ts";
import type { GateReport } from "../judge/judge-run.ts";
import { measureTwiceAtMost, roundFault, type MachineSample } from "./round-guard.ts";

const scenario = "export";

/** What an arm sends in one round of what is judged. */
const bytesPerRound = 64 * 1024 ** 2;
/** Nobody waits longer than that for a slow server. */
const secondsPerRound = 2;
const mostTurns = 8;

/** What a run that gates is held against, and how. */
export interface GateQuestion {
  readonly budgets: readonly Budget[];
  /** Whether arms are compared with arms of the same round, so that CPU time may be taken in a duet. */
  readonly isInterleaved: boolean;
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
  const { record, plan } = context;
  noteArms(context, scenario, plan.arms);
  const first = question.judge(await measureBatch(context, question), question.budgets);
  const doubtful = metricsToConfirm(first);
  if (doubtful.length === 0) return first;
  record.warn(
    `The first ${plan.rounds} rounds showed a regression, so ${plan.rounds} more were measured to confirm it; of what was to be confirmed the second ${plan.rounds} are reported.`,
  );
  question.onSecondBatch(gateSteps(plan, question));
  // Only these are asked of the second batch, and so only these share the chance of a false alarm in it.
  const asked = question.budgets.filter((budget) => doubtful.includes(nameOf(budget)));
  const second = question.judge(await measureBatch(context, question), asked);
  return confirmRegressions(first, second);
}

/** How often one batch calls `step`, when no round has to be repeated. */
export function gateSteps(plan: PlanForTurns, question: TurnsQuestion): number {
  const { alone, duet } = turnsOf(plan, question);
  return plan.rounds * (plan.arms.length * alone + (duet > 0 ? 1 : 0));
}

type PlanForTurns = Pick<ScenarioContext["plan"], "arms" | "rounds" | "exportSeconds">;

/** Of the whole run: each batch is measured alike, whatever it is asked for. */
type TurnsQuestion = Pick<GateQuestion, "budgets" | "isInterleaved">;

/** How many exports an arm gives in a round. */
export interface Turns {
  /** By itself, in turn with the others: from these come times, and what else a busy neighbour would change. */
  readonly alone: number;
  /** At the same time as the others: from these comes CPU time; memory is the highest of all. 0 when it isn't judged. */
  readonly duet: number;
}

/** What is judged gets many exports, by what the slowest and largest of them was found to be; the rest one. */
export function turnsOf(
  { arms, exportSeconds }: PlanForTurns,
  { budgets, isInterleaved }: TurnsQuestion,
): Turns {
  const bytes = Math.max(1, ...arms.map(({ body }) => body.bytes));
  const seconds = Math.max(0.001, ...exportSeconds.values());
  const turns = Math.floor(Math.min(bytesPerRound / bytes, secondsPerRound / seconds));
  const many = Math.min(mostTurns, Math.max(1, turns));
  // An earlier run took one export alone, so what is held against it is that, too: more of them cost less each.
  if (!isInterleaved) return { alone: 1, duet: 0 };
  return { alone: budgets.some(isOfClock) ? many : 1, duet: budgets.some(isOfProcessors) ? many : 0 };
}

/** What other servers that work at the same time would change. */
function isOfClock(budget: Budget): boolean {
  return !isOfProcessors(budget) && !isOfMemory(budget);
}

/** As many rounds as planned, each trusted; none is cut short by the clock, since their number decides the level. */
async function measureBatch(
  context: Omit<ScenarioContext, "deadlineMs">,
  { budgets, isInterleaved, sampleMachine }: GateQuestion,
): Promise<readonly Round[]> {
  const { plan, random, record, session } = context;
  const from = record.rounds.length;
  const turns = turnsOf(plan, { budgets, isInterleaved });
  const isReaderJudged = budgets.some(dependsOnReader);
  for (const [index, order] of balancedOrders(plan.arms, plan.rounds, random).entries()) {
    const attempt = async (): Promise<string | null> => {
      let before: MachineSample | undefined;
      const idles = new Map<string, number | null>();
      return await recordRound(
        context,
        scenario,
        order,
        async (arm, server) => {
          context.step(`round ${index + 1} of ${plan.rounds}, ${arm.id}`);
          // When all servers are up: their start is not what is judged.
          before ??= await sampleMachine();
          if (!idles.has(arm.id)) idles.set(arm.id, await prepareServer({ session, server, request: arm }));
          return measureArm(context, arm, server, { idle: idles.get(arm.id) ?? null });
        },
        {
          turns: turns.alone,
          async measureTogether(started) {
            if (turns.duet === 0) return {};
            context.step(`round ${index + 1} of ${plan.rounds}, all at the same time`);
            return await runDuet(context, started, { turns: turns.duet, idles });
          },
          async findFault(arms) {
            const busy = Object.values(arms).map((measured) => measured.client_busy_ratio ?? 0);
            const readerBusyRatio = isReaderJudged ? Math.max(...busy) : null;
            const after = await sampleMachine();
            return roundFault({ before: before ?? after, after, readerBusyRatio });
          },
        },
      );
    };
    await measureTwiceAtMost(attempt);
  }
  return record.rounds.slice(from);
}

async function runDuet(
  { session, record }: Pick<ScenarioContext, "session" | "record">,
  started: readonly Started<PlannedArm>[],
  options: DuetOptions,
): Promise<Readonly<Record<string, Measured>>> {
  const { arms, apartReason } = await measureDuet(session, started, options);
  if (apartReason !== null) {
    record.warn(
      `The servers couldn't be put on one core, so their CPU times are less alike than they could be: ${apartReason}`,
    );
  }
  return arms;
}
