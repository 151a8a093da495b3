import type { NamedBaseline } from "../gate/baseline/baseline.ts";

/** What a run should measure. */
export interface BenchConfig {
  /**
   * Name of the export.
   * @default "orders", or the export made from `sourceFile`
   */
  readonly exportName?: string | null;
  /** A file to serve and measure: Parquet, CSV, JSON or DuckDB. */
  readonly sourceFile?: string | null;
  /**
   * Rows of a timed export.
   * @default null as many as stream in about a second, or in a quarter of a second when quick
   */
  readonly rows?: number | null;
  /** @default 12, or 8 when quick */
  readonly rounds?: number;
  /** Decides the order of the arms. */
  readonly seed: number;
  /** @default export, scaling and slow-readers; only export in a run that gates */
  readonly scenarios?: readonly string[];
  /** @default streaming, buffered and file; in a run that gates streaming, with a baseline beside buffered */
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
   * Other servers in the same rounds, each as `NAME=URL`, `NAME=COMMAND` or `NAME=COMMAND @ URL`.
   * @default none
   */
  readonly targets?: readonly string[];
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
   * Another version of `stream-csv` to compare this one with, as `git:REF` or as a command that starts it. The arms are
   * then, per delivery, this version, the other one as the control, and the other one again.
   * @default none
   */
  readonly against?: string | null;
  /**
   * An earlier run to compare this one with.
   * @default none
   */
  readonly baseline?: NamedBaseline | null;
  /**
   * How much worse than `against` or `baseline` fails the run, each as `DELIVERY.METRIC=PERCENT`.
   * @default 5 % of cpu_s_per_mib, 10 % and 8 MiB of peak_rss_over_idle_bytes
   */
  readonly budgets?: readonly string[];
  /**
   * Whether a budget that can't be decided fails the run, too.
   * @default false
   */
  readonly isStrict?: boolean;
}
