import type { WorkerModel } from "../../src/server.ts";
import type { MeasuredDelivery } from "../result/measured-delivery.ts";
import type { NamedBaseline } from "../gate/baseline/baseline.ts";
import type { Budget } from "../gate/budget/budget.ts";
import type { BodyEquality, ParameterPair } from "../subject/target.ts";
import type { TargetSpec } from "../subject/target-spec.ts";
import type { ObservedSpec } from "./with-observers.ts";
import type { AgainstSpec, GitAgainst } from "../subject/version/parse-against.ts";

/** Another version, in the same rounds: of our own server, or of the targets. */
export type RunAgainst =
  | (AgainstSpec & { readonly of: "deliveries" })
  | (GitAgainst & { readonly of: "targets" })
  | {
      readonly of: "targets";
      readonly kind: "target";
      readonly name: string;
      readonly spec: TargetSpec;
    };

/** A configuration with every default filled in; the result file holds it, without secrets. */
export interface RunSettings {
  readonly exportName: string | null;
  readonly sourceFile: string | null;
  /** The configuration that has the export, "none", or null where nothing is said of it. */
  readonly configuration: string | null;
  /** Values of the parameters that the export declares. */
  readonly parameters: readonly ParameterPair[];
  readonly rows: number | null;
  readonly rounds: number;
  readonly seed: number;
  readonly scenarios: readonly string[];
  /** Of our own server; none when only targets are measured. */
  readonly deliveries: readonly MeasuredDelivery[];
  readonly workers: number;
  /** Worker processes of the servers of the scenario sync-workers. */
  readonly syncWorkers: number;
  readonly workerModel: WorkerModel;
  readonly slots: number;
  readonly targets: readonly TargetSpec[];
  readonly integrity: BodyEquality;
  /** What the others are compared with where there is no other version; null when there is only one. */
  readonly control: string | null;
  /** What prepares a version of the targets; null for what Node packages need. */
  readonly setup: string | null;
  /** What is measured beside the servers. */
  readonly observed: readonly ObservedSpec[];
  readonly readers: number;
  readonly readBytesPerSecond: number;
  readonly isQuick: boolean;
  readonly against: RunAgainst | null;
  readonly baseline: NamedBaseline | null;
  /** Whether it is measured as a run that is compared with a baseline, of which there is none yet. */
  readonly isFirstBaseline: boolean;
  readonly budgets: readonly Budget[];
  readonly isStrict: boolean;
}

/** The name of our own server among the targets. */
export const ownName = "stream-csv";
