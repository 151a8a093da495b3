import type { Measured } from "../../result/metric.ts";
import type { Round } from "../../result/schema.ts";
import { exportScenario } from "../../scenario/export/export.ts";
import { measureArm } from "../../scenario/measure-arm.ts";
import { noteArms } from "../../scenario/note-arms.ts";
import { recordRound, type RoundDesign } from "../../scenario/record-round.ts";
import type { Scenario, ScenarioContext } from "../../scenario/scenario.ts";
import type { PlannedArm } from "../../session/arm.ts";
import { balancedOrders } from "../../session/balanced-orders.ts";
import { measureDuet, type DuetOptions } from "../../session/measure/measure-duet.ts";
import { prepareServer } from "../../session/measure/measure-export.ts";
import type { Started } from "../../session/server/with-servers.ts";
import type { RunningTarget } from "../../subject/target.ts";
import { dependsOnReader, nameOf, type Budget } from "../budget/budget.ts";
import { confirmRegressions, metricsToConfirm } from "../judge/confirm-regressions.ts";
import type { GateReport } from "../judge/judge-run.ts";
import { measureTwiceAtMost, roundFault, type MachineSample } from "./round-guard.ts";
import { gateSteps, type Turns } from "./turns.ts";

/** What a run that gates is compared with, and how. */
export interface GateQuestion {
  readonly budgets: readonly Budget[];
  /** Exports of an arm in a round; both batches are measured alike. */
  readonly turns: Turns;
  /** What the rounds of one batch say about budgets. */
  judge(rounds: readonly Round[], budgets: readonly Budget[]): GateReport;
  /** Called before and after each round, to see what other programs took from the machine. */
  readonly sampleMachine: () => Promise<MachineSample>;
}

/**
 * The scenario `export` of a run that gates: rounds of more exports each, judged at the end.
 * @param onReport called with what the rounds say, once they are measured
 */
export function gatedExport(question: GateQuestion, onReport: (report: GateReport) => void): Scenario {
  return {
    ...exportScenario,
    countSteps: (plan) => gateSteps(plan, question.turns),
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
  context.addSteps(gateSteps(plan, question.turns));
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

/** One attempt at one round. */
class GateRound {
  readonly #context: ScenarioContext;
  readonly #question: GateQuestion;
  readonly #label: string;
  readonly #idleBytes = new Map<string, number | null>();
  #before: MachineSample | undefined;

  constructor(context: ScenarioContext, question: GateQuestion, label: string) {
    this.#context = context;
    this.#question = question;
    this.#label = label;
  }

  /** @returns why the round does not count, or null */
  measure(order: readonly PlannedArm[]): Promise<string | null> {
    const design: RoundDesign<PlannedArm> = {
      turns: this.#question.turns.alone,
      measureTogether: (started) => this.#measureTogether(started),
      findFault: (arms) => this.#findFault(arms),
    };
    const measureOne = (arm: PlannedArm, server: RunningTarget): Promise<Measured> =>
      this.#measureAlone(arm, server);
    return recordRound(this.#context, exportScenario.name, order, measureOne, design);
  }

  async #measureAlone(arm: PlannedArm, server: RunningTarget): Promise<Measured> {
    const { session } = this.#context;
    this.#context.step(`${this.#label}, ${arm.id}`);
    // Only now, when all servers are up: their start is not judged.
    this.#before ??= await this.#question.sampleMachine();
    if (!this.#idleBytes.has(arm.id)) {
      this.#idleBytes.set(arm.id, await prepareServer({ session, server, request: arm }));
    }
    return await measureArm(this.#context, arm, server, { idleBytes: this.#idleBytes.get(arm.id) ?? null });
  }

  async #measureTogether(
    started: readonly Started<PlannedArm>[],
  ): Promise<Readonly<Record<string, Measured>>> {
    if (this.#question.turns.duet === 0) return {};
    const { session, record } = this.#context;
    this.#context.step(`${this.#label}, all at the same time`);
    const options: DuetOptions = { turns: this.#question.turns.duet, idleBytes: this.#idleBytes };
    const { arms, apartReason } = await measureDuet(session, started, options);
    if (apartReason !== null) {
      record.warn(
        `The servers could not be put on one core, so their CPU times are less comparable than they could be: ${apartReason}`,
      );
    }
    return arms;
  }

  async #findFault(arms: Readonly<Record<string, Measured>>): Promise<string | null> {
    const isReaderJudged = this.#question.budgets.some(dependsOnReader);
    const busy = Object.values(arms).map((measured) => measured.client_busy_ratio ?? 0);
    const after = await this.#question.sampleMachine();
    return roundFault({
      before: this.#before ?? after,
      after,
      readerBusyRatio: isReaderJudged ? Math.max(...busy) : null,
    });
  }
}
