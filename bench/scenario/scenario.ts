import type { Random } from "../statistics/random.ts";
import type { RunRecord } from "../session/run-record.ts";
import type { PlannedArm } from "../session/arm.ts";
import type { Delivery, Session } from "../session/session.ts";

/** What a run measures, decided before the first scenario begins. */
export interface RunPlan {
  /** What takes part in every round. */
  readonly arms: readonly PlannedArm[];
  /** Those of our own server. */
  readonly deliveries: readonly Delivery[];
  readonly rounds: number;
  /** Rows of a timed export, as they are asked for. */
  readonly rows: number;
  /** Whether the rows were asked for, instead of chosen here. */
  readonly isRowsGiven: boolean;
  /** Rows there are at most; null when there are as many as are asked for. */
  readonly availableRows: number | null;
  /** Whether our export has all the rows that are asked for, as far as there are as many; else nobody knows. */
  readonly promisesRows: boolean;
  /** The most bytes of a buffered body. */
  readonly mostBufferedBytes: number;
  /** The most bytes of buffered bodies that our server holds at once. */
  readonly bufferMemoryBytes: number;
  readonly bytesPerRow: number;
  /** Streamed at full speed by our server. */
  readonly rowsPerSecond: number;
  /** Seconds an export took in the untimed pass, by the target's name. */
  readonly exportSeconds: ReadonlyMap<string, number>;
  /** Workers of a server that is to have sync workers. */
  readonly syncWorkers: number;
  /** Slow readers at once, and what each takes. */
  readonly readers: number;
  readonly readBytesPerSecond: number;
  readonly isQuick: boolean;
}

/** What a scenario works with. */
export interface ScenarioContext {
  readonly session: Session;
  readonly plan: RunPlan;
  readonly random: Random;
  /** Takes everything that is found, as soon as it is. */
  readonly record: RunRecord;
  /** When the scenario should have ended, by the session's clock; null when it may take its time. */
  readonly deadlineMs: number | null;
  /** Says what is done next; to be called once for each of the scenario's steps. */
  step(label: string): void;
}

/** A question to the server, and how it is put. */
export interface Scenario {
  readonly name: string;
  /** One sentence for `--list`. */
  readonly summary: string;
  /** Whether it is measured when no scenario is named. */
  readonly isDefault: boolean;
  /** Whether a run in a hurry leaves it out when the time left doesn't suffice. */
  readonly isDispensable: boolean;
  /** How often it will call `step`. */
  countSteps(plan: RunPlan): number;
  /** About how long it takes, so that a run in a hurry leaves time for what comes after. */
  estimateSeconds(plan: RunPlan): number;
  run(context: ScenarioContext): Promise<void>;
}
