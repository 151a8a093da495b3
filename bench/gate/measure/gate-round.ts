import { busyWith } from "../../probe/own-load.ts";
import type { Measured } from "../../result/metric.ts";
import { exportScenario } from "../../scenario/export/export.ts";
import { measureArm } from "../../scenario/measure-arm.ts";
import { recordRound, type RoundDesign, type Together } from "../../scenario/record-round.ts";
import type { ScenarioContext } from "../../scenario/scenario.ts";
import type { PlannedArm } from "../../session/arm.ts";
import { measureDuet, type DuetOptions } from "../../session/measure/measure-duet.ts";
import { prepareServer } from "../../session/measure/measure-export.ts";
import type { Started } from "../../session/server/with-servers.ts";
import type { RunningTarget } from "../../subject/target.ts";
import { dependsOnReader } from "../budget/budget.ts";
import type { GateQuestion } from "./gate-question.ts";
import { roundFault, type MachineSample } from "./round-guard.ts";

/** One attempt at one round. */
export class GateRound {
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
      together: this.#versions(),
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

  /** The versions of a subject run side by side; other subjects needn't run meanwhile. */
  #versions(): Together<PlannedArm> {
    if (this.#question.turns.duet === 0) return { groupOf: subjectOf };
    return { groupOf: subjectOf, measure: (started) => this.#measureDuet(started) };
  }

  async #measureDuet(started: readonly Started<PlannedArm>[]): Promise<Readonly<Record<string, Measured>>> {
    const { session, record } = this.#context;
    const ids = started.map(({ item }) => item.id).join(" and ");
    this.#context.step(`${this.#label}, ${ids} at the same time`);
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
    const busy = Object.values(arms).map(({ body_bytes: bytes, client_busy_ratio: ratio }) =>
      busyWith(bytes ?? 0, ratio ?? 0),
    );
    const after = await this.#question.sampleMachine();
    return roundFault({
      before: this.#before ?? after,
      after,
      readerBusyRatio: isReaderJudged ? Math.max(...busy) : null,
    });
  }
}

function subjectOf({ subject }: PlannedArm): string {
  return subject;
}
