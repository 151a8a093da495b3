/** The name of the format; a change that breaks readers gets another number. */
export const resultFormat = "stream-csv.bench.v1";

/** Where a run was measured. */
export interface Environment {
  readonly node: string;
  readonly os: string;
  readonly cpuModel: string;
  readonly cores: number;
  readonly memoryLimitBytes: number | null;
  readonly gitSha: string | null;
  readonly fingerprint: string;
}

/** One way of serving that is measured in a scenario. */
export interface Arm {
  readonly id: string;
  readonly scenario: string;
  readonly role: "control" | "treatment" | "aa";
  readonly delivery: string;
  readonly rows?: number | null | undefined;
  readonly command?: string | undefined;
  readonly url?: string | undefined;
}

/** What one round measured of each arm. */
export interface Round {
  readonly scenario: string;
  readonly index: number;
  /** The arms in the order in which they were measured. */
  readonly order: readonly string[];
  readonly valid: boolean;
  readonly reason?: string | undefined;
  /** Values by arm and metric. */
  readonly arms: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
}

/** What is measured. */
export interface MeasuredMetric {
  readonly id: string;
  readonly unit: string;
  readonly better: "lower" | "higher";
  /** Whether it has a budget by default. */
  readonly gate: boolean;
}

/** One metric of a treatment beside its control. */
export interface Comparison {
  readonly scenario: string;
  readonly metric: string;
  readonly treatment: string;
  readonly control: string;
  readonly ratio: number | null;
  readonly ci: readonly [low: number | null, high: number | null];
  readonly level: number | null;
  readonly method: string;
  readonly n: number;
  readonly mde: number | null;
  readonly budget: number | null;
  /** A change also has to exceed this, in the metric's unit, to break the budget. */
  readonly least?: number | null | undefined;
  /** The value it was judged by, in the metric's unit; ratio and ci are shares of it then. */
  readonly limit?: { readonly bound: "most" | "least"; readonly value: number } | undefined;
  readonly verdict: "informational" | "pass" | "regression" | "inconclusive";
  /** What led to its verdict, in a sentence; only for a comparison that was judged. */
  readonly reason?: string | undefined;
}

/** A metric over time, or over another one, in one round. */
export interface Series {
  readonly scenario: string;
  readonly round: number;
  readonly arm: string;
  readonly metric: string;
  readonly points: readonly (readonly [number, number])[];
}

/** A value beside what it should be. */
export interface Check {
  readonly id: string;
  readonly expected: number | string | null;
  readonly observed: number | string | null;
  readonly tolerance: number | null;
  readonly ok: boolean;
}

/** Whether all deliveries gave the same bytes, and which. */
export interface Integrity {
  readonly bytes: number | null;
  readonly rows: number | null;
  readonly sha256: string | null;
  readonly equal: boolean | null;
  /** What each delivery or target gave; absent in results that don't keep it. */
  readonly bodies?: readonly CheckedBody[] | undefined;
}

/** What one delivery or target gave before anything was timed. */
export interface CheckedBody {
  /** The delivery or the target. */
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly bytes: number;
  /** null where only rows and columns have to stay the same. */
  readonly sha256: string | null;
  /** Whether these are all rows that it has; false where it may have more than it was asked for. */
  readonly whole: boolean;
}

/** What a run came to. */
export type Verdict = "informational" | "pass" | "regression" | "inconclusive" | "invalid";

/**
 * A run's result, as the result file holds it: every raw value, and what was concluded from them. Quantities are in SI units, and
 * `null`, never `NaN`; see docs/reference/bench.md.
 */
export interface BenchResult {
  readonly schema: "stream-csv.bench.v1";
  readonly tool: { readonly name: string; readonly version: string };
  readonly createdAt: string;
  readonly seed: number;
  readonly environment: Environment;
  readonly config: Readonly<Record<string, unknown>>;
  readonly arms: readonly Arm[];
  readonly rounds: readonly Round[];
  readonly metrics: readonly MeasuredMetric[];
  readonly comparisons: readonly Comparison[];
  readonly series?: readonly Series[] | undefined;
  readonly checks: readonly Check[];
  /** What led to the verdict, one sentence each, the gravest first. */
  readonly reasons?: readonly string[] | undefined;
  readonly integrity: Integrity;
  readonly warnings: readonly string[];
  readonly verdict: Verdict;
  readonly exitCode: number;
  readonly complete: boolean;
}
