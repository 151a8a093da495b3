import type { Clock } from "../../src/index.ts";
import type { CalibrationRun } from "../gate/budget/calibration-run.ts";
import type { MachineSample } from "../gate/measure/round-guard.ts";
import type { MakeReference } from "../session/survey/survey-export.ts";

/** How far a run is. */
export interface BenchProgress {
  /** What is done now. */
  readonly label: string;
  readonly step: number;
  /** Steps in all; null until the exports are sized. */
  readonly steps: number | null;
}

/** What a run takes from whoever starts it. */
export interface BenchHooks {
  /** Program and arguments that start `stream-csv`, to which `serve` is added. */
  readonly cli: readonly [string, ...string[]];
  readonly tool: { readonly name: string; readonly version: string };
  /**
   * A folder of the repository that `git:REF` is looked for in.
   * @default "."
   */
  readonly folder?: string;
  /**
   * What is known of the noise of machines; budgets below that of this one are refused.
   * @default nothing
   */
  readonly calibration?: readonly CalibrationRun[];
  /**
   * Makes the rows without a server, which shows what is wrong in all deliveries alike.
   * @default they are only held against each other
   */
  readonly makeReference?: MakeReference;
  /** Ends the run early; what was measured until then is in the result. */
  readonly signal?: AbortSignal;
  /** @default systemClock */
  readonly clock?: Clock;
  /**
   * Tells how much of the machine was given to others, or kept from us; a run that gates asks around each round.
   * @default what the kernel says
   */
  readonly sampleMachine?: () => Promise<MachineSample>;
  readonly onProgress?: (progress: BenchProgress) => void;
}
