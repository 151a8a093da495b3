import type { WorkerModel } from "../../src/server.ts";
import type { PlannedArm } from "../session/arm.ts";
import type { RunRecord } from "../session/run-record.ts";
import type { Session } from "../session/session.ts";
import type { Random } from "../statistics/random.ts";

/** What a run measures, decided before the first scenario begins. */
export interface RunPlan {
  /** What takes part in every round. */
  readonly arms: readonly PlannedArm[];
  readonly rounds: number;
  /** Rows of a timed export, as they are asked for. */
  readonly rows: number;
  /** Whether the caller asked for these rows, instead of letting the run choose them. */
  readonly isRowsGiven: boolean;
  /** The most bytes of a buffered body. */
  readonly mostBufferedBytes: number;
  /** The most bytes of buffered bodies that our server holds at once. */
  readonly bufferMemoryBytes: number;
  /** Worker processes of our server, how each takes connections, and the exports that an async one takes at once. */
  readonly workers: number;
  readonly workerModel: WorkerModel;
  readonly slots: number;
  /** Worker processes of a server with sync workers. */
  readonly syncWorkers: number;
  /** Slow readers at once, and what each takes. */
  readonly readers: number;
  readonly readBytesPerSecond: number;
  readonly isQuick: boolean;
  /** When the whole run should have ended, by the session's clock; null without a limit. */
  readonly endByMs: number | null;
}

/** What a scenario works with. */
export interface ScenarioContext {
  readonly session: Session;
  readonly plan: RunPlan;
  readonly random: Random;
  /** Takes everything that is found, as soon as it is. */
  readonly record: RunRecord;
  /** When the scenario should have ended, by the session's clock; null without a limit. */
  readonly deadlineMs: number | null;
  /** Says what is done next; to be called once for each of the scenario's steps. */
  step(label: string): void;
  /** Says that there will be more steps than `countSteps` returned. */
  addSteps(count: number): void;
}

/** A question to the server, and how it is put. */
export interface Scenario {
  readonly name: string;
  /** One sentence for `--list`. */
  readonly summary: string;
  /** Whether it is measured when no scenario is named. */
  readonly isDefault: boolean;
  /** Whether a quick run leaves it out when there is not enough time left. */
  readonly isDispensable: boolean;
  /**
   * Whether it takes the time it estimates even when a quick run has less left; others end by their deadline, or are left
   * out.
   */
  readonly hasFixedTime: boolean;
  /** Whether the whole run is invalid when it fails; otherwise only the scenario is. */
  readonly isEssential: boolean;
  /** How often it will call `step`. */
  countSteps(plan: RunPlan): number;
  /** About how long it takes, so that a quick run leaves time for what comes after. */
  estimateSeconds(plan: RunPlan): number;
  run(context: ScenarioContext): Promise<void>;
}
