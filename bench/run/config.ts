import type { NamedBaseline } from "../gate/baseline/baseline.ts";
import type { TargetSettings } from "../subject/target-spec.ts";

/** A server to measure: its name in reports, and what is known of it. */
export interface BenchTarget extends TargetSettings {
  readonly name: string;
}

/** What a run should measure. */
export interface BenchConfig {
  /**
   * Name of the export.
   * @default "orders", or the export made from `sourceFile`
   */
  readonly exportName?: string | null;
  /** A file to serve and measure: Parquet, CSV, JSON, DuckDB or SQLite. */
  readonly sourceFile?: string | null;
  /**
   * The configuration file of `serve` that has the export; "none" when the export isn't one of the configuration in the working
   * directory, which `serve` would read by itself.
   * @default null: nothing is said of it
   */
  readonly configuration?: string | null;
  /**
   * Values of the parameters that the export declares, each as `NAME=VALUE`.
   * @default none
   */
  readonly parameters?: readonly string[];
  /**
   * Rows of a timed export.
   * @default null: as many as stream in about a second, or in a quarter of a second when quick
   */
  readonly rows?: number | null;
  /** @default 12, or 8 when quick */
  readonly rounds?: number;
  /** Decides the order of the arms. */
  readonly seed: number;
  /** @default export, scaling and slow-readers; only export in a run that gates */
  readonly scenarios?: readonly string[];
  /**
   * Deliveries of our own server; `["none"]` for none, where there are targets.
   * @default none with targets; otherwise streaming, buffered and file; in a run that gates, streaming; with a baseline, streaming and buffered
   */
  readonly deliveries?: readonly string[];
  /**
   * Worker processes of the server.
   * @default 1, and 2 in the scenario sync-workers
   */
  readonly workers?: number;
  /**
   * How a worker takes connections: many at once ("async"), or one at a time ("sync").
   * @default "async"
   */
  readonly workerModel?: string;
  /**
   * Exports a worker takes at once.
   * @default 32, or more when there are more slow readers
   */
  readonly slots?: number;
  /**
   * Other servers, each as an object, or as `NAME=URL`, `NAME=COMMAND` or `NAME=COMMAND @ URL`.
   * @default none
   */
  readonly targets?: readonly (string | BenchTarget)[];
  /**
   * What holds for every target that says nothing else.
   * @default nothing
   */
  readonly targetDefaults?: TargetSettings;
  /**
   * What has to be the same in every body of a target: "bytes", or "rows" where rows and columns are compared.
   * @default "bytes"
   */
  readonly integrity?: string;
  /**
   * The delivery or target that the others are compared with.
   * @default the first target, or the buffered delivery without targets
   */
  readonly control?: string | null;
  /**
   * A line for the shell that prepares the version of `against: "git:REF"` for a target.
   * @default npm ci where there is a package-lock.json, then the build script where there is one
   */
  readonly setup?: string | null;
  /**
   * What is measured beside the servers, each as `NAME=PID` or `NAME=postgres://…`.
   * @default none
   */
  readonly observe?: readonly string[];
  /**
   * Slow readers at once.
   * @default 8, or 4 when quick
   */
  readonly readers?: number;
  /**
   * Bytes a second that each of them reads.
   * @default 1 MiB
   */
  readonly readBytesPerSecond?: number;
  /**
   * Fewer and shorter rounds, so that the run ends within a minute on two cores.
   * @default false
   */
  readonly isQuick?: boolean;
  /**
   * Another version to compare this one with, in the same rounds: `git:REF`, or a command that starts another
   * `stream-csv`; with a target also another address or command of it. The arms are then, per delivery or target, this
   * version, the other one as the control, and the other one again.
   * @default none
   */
  readonly against?: string | null;
  /**
   * An earlier run to compare this one with.
   * @default none
   */
  readonly baseline?: NamedBaseline | null;
  /**
   * Measures as a run that is compared with a baseline, of which there is none yet: only absolute budgets are judged.
   * @default false
   */
  readonly isFirstBaseline?: boolean;
  /**
   * What fails the run, each as `SUBJECT.METRIC=PERCENT` worse than `against` or `baseline`, or as
   * `SUBJECT.METRIC<=VALUE` or `>=VALUE` by itself. A subject is a delivery or a target.
   * @default 5 % of cpu_s_per_mib, 10 % and 8 MiB of peak_rss_over_idle_bytes
   */
  readonly budgets?: readonly string[];
  /**
   * Whether a budget that can't be decided fails the run, too.
   * @default false
   */
  readonly isStrict?: boolean;
}
