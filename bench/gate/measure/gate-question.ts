import type { Round } from "../../result/result.ts";
import type { Budget } from "../budget/budget.ts";
import type { GateReport } from "../judge/judge-run.ts";
import type { MachineSample } from "./round-guard.ts";
import type { Turns } from "./turns.ts";

/** What a run that gates is compared with, and how. */
export interface GateQuestion {
  readonly budgets: readonly Budget[];
  /** Exports of an arm in a round; both batches are measured alike. */
  readonly turns: Turns;
  /** Steps of one batch, when no round has to be repeated. */
  readonly batchSteps: number;
  /** What the rounds of one batch say about budgets. */
  judge(rounds: readonly Round[], budgets: readonly Budget[]): GateReport;
  /** Called before and after each round, to see what other programs took from the machine. */
  readonly sampleMachine: () => Promise<MachineSample>;
}
