import type { Arm, Check, Round, Series } from "../result/result.ts";

/** What a run has found so far. When something ends the run early, what is in here is still reported. */
export class RunRecord {
  readonly arms: Arm[] = [];
  readonly rounds: Round[] = [];
  readonly checks: Check[] = [];
  readonly series: Series[] = [];
  readonly warnings: string[] = [];

  /** Adds a warning, once. */
  warn(sentence: string): void {
    if (!this.warnings.includes(sentence)) this.warnings.push(sentence);
  }

  /** The number of the next round of a scenario, counted from 0. */
  nextIndex(scenario: string): number {
    return this.rounds.filter((round) => round.scenario === scenario).length;
  }
}
