import type { WorkerModel } from "../../src/server.ts";
import type { Delivery } from "../../src/ground.ts";
import type { NamedBaseline } from "../gate/baseline/baseline.ts";
import type { Budget } from "../gate/budget/budget.ts";
import type { TargetSpec } from "../subject/parse-target.ts";
import type { AgainstSpec } from "../subject/version/parse-against.ts";

/** A configuration with every default filled in; the result file holds it. */
export interface RunSettings {
  readonly exportName: string | null;
  readonly sourceFile: string | null;
  readonly rows: number | null;
  readonly rounds: number;
  readonly seed: number;
  readonly scenarios: readonly string[];
  readonly deliveries: readonly Delivery[];
  readonly workers: number;
  /** Worker processes of the servers of the scenario sync-workers. */
  readonly syncWorkers: number;
  readonly workerModel: WorkerModel;
  readonly slots: number;
  readonly targets: readonly TargetSpec[];
  readonly readers: number;
  readonly readBytesPerSecond: number;
  readonly isQuick: boolean;
  readonly against: AgainstSpec | null;
  readonly baseline: NamedBaseline | null;
  readonly budgets: readonly Budget[];
  readonly isStrict: boolean;
}

/** The name of our own server among the targets. */
export const ownName = "stream-csv";
