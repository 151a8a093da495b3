import type { Clock } from "../../src/ground.ts";
import { systemClock } from "../../src/ground.ts";
import type { CalibrationRun } from "../gate/budget/calibration-run.ts";
import { machineSample, type MachineSample } from "../gate/measure/round-guard.ts";
import type { MakeReference } from "../session/survey/survey-subjects.ts";

/** How far a run is. */
export interface BenchProgress {
  /** What is done now. */
  readonly label: string;
  readonly step: number;
  /** Steps in all; null until the exports are sized. */
  readonly steps: number | null;
}

/** What a run takes from its caller. */
export interface BenchHooks {
  /** Program and arguments that start `stream-csv`; `serve` is added. */
  readonly cli: readonly [string, ...string[]];
  readonly tool: { readonly name: string; readonly version: string };
  /**
   * A folder of the repository in which `git:REF` is looked up.
   * @default "."
   */
  readonly folder?: string;
  /**
   * Calibration runs; a budget below the noise they show for this kind of machine is refused.
   * @default none
   */
  readonly calibration?: readonly CalibrationRun[];
  /**
   * Makes the rows without a server, which shows what is wrong in all deliveries alike.
   * @default the deliveries are only compared with each other
   */
  readonly makeReference?: MakeReference;
  /** Ends the run early; what was measured until then is in the result. */
  readonly signal?: AbortSignal;
  /** @default systemClock */
  readonly clock?: Clock;
  /**
   * Reports how much of the machine other programs used, or a limit kept from us; called around each round that gates, and around any other
   * run.
   * @default what the kernel reports
   */
  readonly sampleMachine?: () => Promise<MachineSample>;
  /**
   * How long nothing may come of an export until it has failed.
   * @default 60000
   */
  readonly idleTimeoutMs?: number;
  readonly onProgress?: (progress: BenchProgress) => void;
  /** Says what should be known before the rounds begin, such as that they will take long. */
  readonly onNotice?: (text: string) => void;
}

const usualIdleTimeoutMs = 60_000;

/** The hooks with every default filled in. */
export function completeHooks(hooks: BenchHooks): Required<BenchHooks> {
  return {
    cli: hooks.cli,
    tool: hooks.tool,
    folder: hooks.folder ?? ".",
    calibration: hooks.calibration ?? [],
    makeReference: hooks.makeReference ?? (() => Promise.resolve(null)),
    signal: hooks.signal ?? new AbortController().signal,
    clock: hooks.clock ?? systemClock,
    sampleMachine: hooks.sampleMachine ?? machineSample,
    idleTimeoutMs: hooks.idleTimeoutMs ?? usualIdleTimeoutMs,
    onProgress: hooks.onProgress ?? (() => undefined),
    onNotice: hooks.onNotice ?? (() => undefined),
  };
}
